/**
 * Property names that a user may not set: the store or a broker gives them a meaning.
 *
 * @module
 */
import {
  ATOMIC_BATCH_NAME,
  CAUSE_NAME,
  CHECKPOINT_PREFIX,
  CHECKPOINT_TOPIC_PREFIX,
  DELAY_NAME,
  DELIVERED_NAME,
  INNER_PREFIX,
  KEYS_NAME,
  REAL_QUEUE_NAME,
  REAL_TOPIC_NAME,
  RECORD_CRC_NAME,
  SENT_BACK_NAME,
  TAGS_NAME,
  TIMED_NAME,
  TIMER_PREFIX,
  TRANSACTION_NAME,
  WAITED_NAME,
} from "./names.ts";

/** Reserved names. Users set KEYS and TAGS through the fields `keys` and `tags`. */
export const RESERVED_PROPERTY_NAMES: ReadonlySet<string> = new Set([
  KEYS_NAME,
  TAGS_NAME,
  RECORD_CRC_NAME,
  ATOMIC_BATCH_NAME,
  TRANSACTION_NAME,
  DELAY_NAME,
  REAL_TOPIC_NAME,
  REAL_QUEUE_NAME,
  DELIVERED_NAME,
  CAUSE_NAME,
  SENT_BACK_NAME,
  WAITED_NAME,
  TIMED_NAME,
]);

/** Reserved names begin with a capital or an underscore. */
const FIRST_MAX = "_".charCodeAt(0);

/**
 * Properties of checkpoints that are being written: these objects, so that no copy of what was read
 * passes.
 */
const checkpoints = new WeakSet<object>();

/** What a broker must know of a half message to ask its producer, and to store what was meant. */
const OF_HALF: readonly string[] = [TRANSACTION_NAME, REAL_TOPIC_NAME, REAL_QUEUE_NAME];
/** Properties of half messages that are being written, by the same rule. */
const halves = new WeakSet<object>();

/** Whether a user may not set a property of that name. */
export function isReservedProperty(name: string): boolean {
  // Nearly all names of users begin with a small letter, and no reserved name does.
  if (name.charCodeAt(0) > FIRST_MAX) return false;
  return RESERVED_PROPERTY_NAMES.has(name) ||
    name.startsWith(TIMER_PREFIX) || name.startsWith(INNER_PREFIX) ||
    name.startsWith(CHECKPOINT_PREFIX);
}

/**
 * Lets this object, not a copy, hold the properties of a checkpoint's record. Called only to save,
 * carry forward or rescue checkpoints.
 */
export function checkpointProperties<Properties extends object>(
  properties: Properties,
): Properties {
  checkpoints.add(properties);
  return properties;
}

/** Whether properties went through {@linkcode checkpointProperties}. */
export function areOfCheckpoint(properties: object): boolean {
  return checkpoints.has(properties);
}

/**
 * Lets this object, not a copy, hold the properties of a half message of a transaction. Called only
 * to rescue one.
 */
export function halfProperties<Properties extends object>(properties: Properties): Properties {
  halves.add(properties);
  return properties;
}

/** Whether properties may hold a reserved name after all. */
export function mayHold(properties: object, name: string): boolean {
  return (name.startsWith(CHECKPOINT_PREFIX) && areOfCheckpoint(properties)) ||
    (OF_HALF.includes(name) && halves.has(properties));
}

/** Lets a copy of properties hold what they may hold. */
export function letHoldTheSame(properties: object, copy: object): void {
  if (checkpoints.has(properties)) checkpoints.add(copy);
  if (halves.has(properties)) halves.add(copy);
}

/** The topic in which a job keeps its checkpoints. */
export function checkpointTopic(job: string): string {
  return `${CHECKPOINT_TOPIC_PREFIX}${job}`;
}
