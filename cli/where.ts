/**
 * Places in a queue in words: `earliest`, `latest`, an offset, a count from the end, a time.
 *
 * @module
 */
import type { Start } from "../adapters/core/mod.ts";
import { nearestName } from "../storage/arguments/mod.ts";
import { UsageError } from "./cli_error.ts";

/** A place in a queue: an offset, an end, a count from the end, or a time in ms since epoch. */
export type Where = { readonly from: Start } | { readonly since: number };

/** How times are written, for help texts. */
export const TIME_HELP: string =
  "ISO 8601 (with a time of day local unless it has a zone, a date alone is midnight UTC), " +
  "1700000000000ms or 1700000000s";

/** How places are written, for help texts. */
export const WHERE_HELP: string =
  `earliest, latest, an offset, -N for the last N, or a time: ${TIME_HELP}`;

/** As `mqadmin` takes it: local. */
const BROKERS_DATE = /^(\d{4}-\d{2}-\d{2})#(\d{2}:\d{2}:\d{2}):(\d{3})$/;
/** Ms since epoch as `mqadmin` takes them, between 2001 and 2286. */
const BARE_MS = /^[0-9]{13}$/;
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Reads a place.
 *
 * @throws {UsageError} If it cannot be read as one.
 */
export function parseWhere(text: string): Where {
  if (text === "earliest" || text === "latest") return { from: text };
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(Number(text))) {
    return { from: Number(text) };
  }
  if (/^-[0-9]+$/.test(text)) return { from: { last: -Number(text) } };
  const since = timeOf(text);
  if (since !== undefined) return { since };
  const near = nearestName(text, ["earliest", "latest"]);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new UsageError(`Cannot find the place ${JSON.stringify(text)}: say ${WHERE_HELP}${hint}`);
}

/**
 * Reads a time; a date and time without a zone is local. Where only a time can stand, a bare number
 * of 13 digits is in ms.
 *
 * @throws {UsageError} If it cannot be read as one.
 */
export function parseTime(text: string): number {
  const ms = BARE_MS.test(text) ? Number(text) : timeOf(text);
  if (ms !== undefined) return ms;
  throw new UsageError(`Cannot read the time ${JSON.stringify(text)}: say it as ${TIME_HELP}`);
}

/** Whether a bare number is one of those that mean a time where only a time can stand. */
export function looksLikeTime(number: number): boolean {
  return BARE_MS.test(`${number}`);
}

/** The times of `--from` and `--to`, ms since epoch. */
export interface TimeSpan {
  readonly from?: number;
  readonly to?: number;
}

/**
 * Refuses a span that ends before it begins.
 *
 * @throws {UsageError} If it does.
 */
export function refuseBackwards(action: string, { from, to }: TimeSpan): void {
  if (from !== undefined && to !== undefined && to < from) {
    throw new UsageError(`Cannot ${action}: --to is before --from`);
  }
}

function timeOf(text: string): number | undefined {
  const digits = /^([0-9]{1,15})(ms|s)$/.exec(text);
  if (digits !== null) return Number(digits[1]) * (digits[2] === "s" ? 1000 : 1);
  const date = text.replace(BROKERS_DATE, "$1T$2.$3");
  if (!DATE.test(date)) return undefined;
  const ms = Date.parse(date.replace(" ", "T"));
  return Number.isNaN(ms) ? undefined : ms;
}
