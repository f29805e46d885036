/**
 * Property names that a user may not set, because the store or a broker reads meaning into them.
 *
 * @module
 */
import { ATOMIC_GROUP_NAME } from "./atomic_group.ts";
import { KEYS_NAME, TAGS_NAME } from "./message_properties.ts";
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

/** Every name that starts so is reserved: delayed delivery and inner batches. */
export const RESERVED_PROPERTY_PREFIXES: readonly string[] = Object.freeze([
  TIMER_PREFIX,
  INNER_PREFIX,
]);

/**
 * Tells whether a name is reserved.
 *
 * @param name The name of a property.
 * @returns Whether a user may not set it.
 */
export function isReservedProperty(name: string): boolean {
  return RESERVED_PROPERTY_NAMES.has(name) ||
    name.startsWith(TIMER_PREFIX) || name.startsWith(INNER_PREFIX);
}
