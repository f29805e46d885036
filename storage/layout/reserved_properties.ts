/**
 * Property names that a user may not set, because the store or a broker reads meaning into them.
 *
 * @module
 */
import { ATOMIC_GROUP_NAME } from "./atomic_group.ts";
import { KEYS_NAME, type PropertiesInput, TAGS_NAME } from "./message_properties.ts";
import { RECORD_CRC_NAME } from "./record_crc.ts";

/** Reserved names. KEYS and TAGS are set through the message's fields `keys` and `tags`. */
export const RESERVED_PROPERTY_NAMES: ReadonlySet<string> = new Set([
  KEYS_NAME,
  TAGS_NAME,
  RECORD_CRC_NAME,
  ATOMIC_GROUP_NAME,
  "TRAN_MSG",
  "DELAY",
  "REAL_TOPIC",
  "REAL_QID",
]);

const TIMER_PREFIX = "TIMER_";
const INNER_PREFIX = "INNER_";
/** Names of the properties of a checkpoint's records start so. */
export const CHECKPOINT_PREFIX = "SB_CHECKPOINT";

/** Every name that starts so is reserved: delayed delivery, inner batches and checkpoints. */
export const RESERVED_PROPERTY_PREFIXES: readonly string[] = Object.freeze([
  TIMER_PREFIX,
  INNER_PREFIX,
  CHECKPOINT_PREFIX,
]);

/** All begin with a capital or an underscore. */
const FIRST_MAX = "_".charCodeAt(0);

/** Properties of checkpoints that are being written: these very objects, so that no copy of what was read passes for one. */
const checkpoints = new WeakSet<object>();

/**
 * Tells whether a name is reserved.
 *
 * @param name The name of a property.
 * @returns Whether a user may not set it.
 */
export function isReservedProperty(name: string): boolean {
  // Nearly all names of users, and none of these.
  if (name.charCodeAt(0) > FIRST_MAX) return false;
  return RESERVED_PROPERTY_NAMES.has(name) ||
    name.startsWith(TIMER_PREFIX) || name.startsWith(INNER_PREFIX) ||
    name.startsWith(CHECKPOINT_PREFIX);
}

/**
 * Lets properties say that a record is of a checkpoint. Only who saves checkpoints, carries them forward or rescues them calls it.
 *
 * @typeParam Properties An object or a Map.
 * @param properties All properties of the record.
 * @returns The same object; a copy of it is refused.
 */
export function checkpointProperties<Properties extends PropertiesInput>(
  properties: Properties,
): Properties {
  checkpoints.add(properties);
  return properties;
}

/**
 * Tells whether properties may say that a record is of a checkpoint.
 *
 * @param properties All properties of a message.
 * @returns Whether they went through {@linkcode checkpointProperties}.
 */
export function areOfCheckpoint(properties: PropertiesInput): boolean {
  return checkpoints.has(properties);
}
