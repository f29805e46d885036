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

/** Formats a local time as 17 digits. */
export function formatIndexName(time: LocalTimeParts): string {
  assert(time.year >= 0 && time.year <= YEAR_MAX, "The year of an index name has four digits");
  const pairs = [time.month, time.day, time.hour, time.minute, time.second];
  return String(time.year).padStart(4, "0") +
    pairs.map((part) => String(part).padStart(2, "0")).join("") +
    String(time.millisecond).padStart(3, "0");
}

/** Parses the name of an index file; `undefined` if it is not 17 digits. */
export function parseIndexName(name: string): LocalTimeParts | undefined {
  const digits = INDEX_NAME.exec(name);
  if (digits === null) return undefined;
  const [year, month, day, hour, minute, second, millisecond] = digits.slice(1).map(Number);
  return { year, month, day, hour, minute, second, millisecond };
}

function dayCount(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : DAYS_OF_MONTH[month - 1] ?? 31;
}

/** One millisecond later. A name that shows no real time still grows. */
function addMillisecond(time: LocalTimeParts): LocalTimeParts {
  if (time.millisecond < 999) return { ...time, millisecond: time.millisecond + 1 };
  const whole = { ...time, millisecond: 0 };
  if (time.second < 59) return { ...whole, second: time.second + 1 };
  if (time.minute < 59) return { ...whole, second: 0, minute: time.minute + 1 };
  if (time.hour < 23) return { ...whole, second: 0, minute: 0, hour: time.hour + 1 };
  const midnight = { ...whole, second: 0, minute: 0, hour: 0 };
  if (time.day < dayCount(time.year, time.month)) return { ...midnight, day: time.day + 1 };
  if (time.month < MONTH_COUNT) return { ...midnight, day: 1, month: time.month + 1 };
  return { ...midnight, day: 1, month: 1, year: time.year + 1 };
}

/** Names the next index file: the later of `now` and one millisecond after the last name. */
export function nextIndexName(previousName: string | undefined, now: LocalTimeParts): string {
  const name = formatIndexName(now);
  if (previousName === undefined || name > previousName) return name;
  const previous = parseIndexName(previousName);
  assert(previous !== undefined, "The previous index name is 17 digits");
  return formatIndexName(addMillisecond(previous));
}
