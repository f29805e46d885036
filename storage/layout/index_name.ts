/**
 * Index file names: the local time of creation as 17 digits, `yyyyMMddHHmmssSSS`. They only sort
 * the files, so each new name is later than the one before whatever the clock says.
 *
 * Reproduces `UtilAll.timeMillisToHumanString()` as `IndexService` of RocketMQ 5.x uses it, except
 * that it never reuses or goes below a name when the clock steps back.
 *
 * @module
 */
import { assert } from "../assert.ts";

const INDEX_NAME = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{3})$/;
const DIGIT_COUNTS: readonly number[] = [4, 2, 2, 2, 2, 2, 3];
const YEAR_MAX = 9999;
const MONTH_COUNT = 12;
const DAYS_OF_MONTH: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A moment in local time, as a clock on the wall shows it. */
export interface LocalTimeParts {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** Whether a file is named like one of the index. */
export function isIndexName(name: string): boolean {
  return INDEX_NAME.test(name);
}

/** Formats a local time as 17 digits. */
export function formatIndexName(time: LocalTimeParts): string {
  const { year, month, day, hour, minute, second, millisecond } = time;
  return nameOf([year, month, day, hour, minute, second, millisecond]);
}

/** The name of a moment: year, month, day, hour, minute, second, millisecond. */
function nameOf(parts: readonly number[]): string {
  assert(parts[0] >= 0 && parts[0] <= YEAR_MAX, "The year of an index name has four digits");
  return parts.map((part, index) => String(part).padStart(DIGIT_COUNTS[index], "0")).join("");
}

function dayCount(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : DAYS_OF_MONTH[month - 1] ?? 31;
}

/** Names the next index file: the later of `now` and one millisecond after the last name. */
export function nextIndexName(previousName: string | undefined, now: LocalTimeParts): string {
  const name = formatIndexName(now);
  if (previousName === undefined || name > previousName) return name;
  const digits = INDEX_NAME.exec(previousName);
  assert(digits !== null, "The previous index name is 17 digits");
  const parts = digits.slice(1).map(Number);
  const first = [0, 1, 1, 0, 0, 0, 0];
  const last = [YEAR_MAX, MONTH_COUNT, dayCount(parts[0], parts[1]), 23, 59, 59, 999];
  let index = parts.length - 1;
  // A name that shows no real time still grows.
  for (; index > 0 && parts[index] >= last[index]; index--) parts[index] = first[index];
  parts[index]++;
  return nameOf(parts);
}
