/**
 * Property names that a user may not set, because the store or a broker reads meaning into them.
 *
 * @module
 */
import type { PropertiesInput } from "./message_properties.ts";
import {
  ATOMIC_BATCH_NAME,
  CHECKPOINT_PREFIX,
  CHECKPOINT_TOPIC_PREFIX,
  DELAY_NAME,
  INNER_PREFIX,
  KEYS_NAME,
  REAL_QUEUE_NAME,
  REAL_TOPIC_NAME,
  RECORD_CRC_NAME,
  TAGS_NAME,
  TIMER_PREFIX,
  TRANSACTION_NAME,
} from "./names.ts";

/** Reserved names. KEYS and TAGS are set through the message's fields `keys` and `tags`. */
export const RESERVED_PROPERTY_NAMES: ReadonlySet<string> = new Set([
  KEYS_NAME,
  TAGS_NAME,
  RECORD_CRC_NAME,
  ATOMIC_BATCH_NAME,
  TRANSACTION_NAME,
  DELAY_NAME,
  REAL_TOPIC_NAME,
  REAL_QUEUE_NAME,
]);

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

/** Names the topic in which a job keeps its checkpoints. */
export function checkpointTopic(job: string): string {
  return `${CHECKPOINT_TOPIC_PREFIX}${job}`;
}
