/**
 * The tags code of a queue entry: the Java hash of the message's tags, extended to 64 bits, 0
 * without tags. In the topic of delayed messages it is the time of delivery instead.
 *
 * It is kept as two signed words: consumers compare the lower one; a delivery time or the address
 * of an extension unit needs both. Reproduces `MessageExtBrokerInner.tagsString2tagsCode()` and
 * `CommitLog.checkMessageAndReturnSize()` of RocketMQ 5.3.3.
 *
 * @module
 */
import { highWord, lowWord } from "./i64.ts";
import { cachedJavaHash } from "./java_hash.ts";
import { SCHEDULE_TOPIC } from "./names.ts";

/** A tags code as two signed words. */
export interface TagsCode {
  readonly high: number;
  /** The Java hash of the tags. */
  readonly low: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The delays of levels 1 to 18: RocketMQ's default `messageDelayLevel`. */
export const DELAY_LEVELS_MS: readonly number[] = Object.freeze([
  ...[1, 5, 10, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2].map((hours) => hours * HOUR),
]);

/** The longest of them. */
export const DELAY_MS_MAX: number = DELAY_LEVELS_MS.at(-1)!;

/** The first level that is as long as a delay, which is not longer than all of them. */
export function delayLevel(delayMs: number): number {
  return DELAY_LEVELS_MS.findIndex((levelMs) => levelMs >= delayMs) + 1;
}

/** The tags code of ordinary tags. */
export function tagsCode(tags: string | undefined): TagsCode {
  const low = tags === undefined ? 0 : cachedJavaHash(tags);
  return { high: low >> 31, low };
}

/**
 * The tags code of a stored message, as RocketMQ's dispatcher computes it: `delay` is its property
 * DELAY.
 */
export function storedTagsCode(
  topic: string,
  tags: string | undefined,
  delay: string | undefined,
  storeTimestamp: number,
): TagsCode {
  if (topic !== SCHEDULE_TOPIC || delay === undefined || !/^\+?[0-9]{1,9}$/.test(delay)) {
    return tagsCode(tags);
  }
  const level = Math.min(Number(delay), DELAY_LEVELS_MS.length);
  if (level === 0) return tagsCode(tags);
  const deliveryTime = storeTimestamp + DELAY_LEVELS_MS[level - 1];
  return { high: highWord(deliveryTime), low: lowWord(deliveryTime) };
}
