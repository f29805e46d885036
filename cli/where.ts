/**
 * Places in a queue in words: `earliest`, `latest`, an offset, the last so many, a time.
 *
 * @module
 */
import { nearestName } from "../storage/arguments/mod.ts";
import type { Queue } from "../storage/mod.ts";
import { UsageError } from "./cli_error.ts";

/** A place in a queue. */
export type Where =
  | { readonly kind: "earliest" }
  | { readonly kind: "latest" }
  | { readonly kind: "offset"; readonly offset: number }
  | { readonly kind: "last"; readonly count: number }
  | { readonly kind: "time"; readonly ms: number };

/** How places are written, for help texts. */
export const WHERE_HELP: string =
  "earliest, latest, an offset, -N for the last N, or a time: ISO 8601, " +
  "1700000000000ms or 1700000000s";

const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Reads a place.
 *
 * @param text What was typed.
 * @returns The place.
 * @throws {UsageError} If it is none.
 */
export function parseWhere(text: string): Where {
  if (text === "earliest" || text === "latest") return { kind: text };
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(Number(text))) {
    return { kind: "offset", offset: Number(text) };
  }
  if (/^-[0-9]+$/.test(text)) return { kind: "last", count: -Number(text) };
  const ms = timeOf(text);
  if (ms !== undefined) return { kind: "time", ms };
  const near = nearestName(text, ["earliest", "latest"]);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new UsageError(`Cannot find the place ${JSON.stringify(text)}: say ${WHERE_HELP}${hint}`);
}

/**
 * Reads a time.
 *
 * @param text What was typed. A date and time without a zone is local.
 * @returns Milliseconds since epoch.
 * @throws {UsageError} If it is none.
 */
export function parseTime(text: string): number {
  const ms = timeOf(text);
  if (ms !== undefined) return ms;
  throw new UsageError(
    `Cannot read the time ${
      JSON.stringify(text)
    }: say it as ISO 8601, 1700000000000ms or 1700000000s`,
  );
}

function timeOf(text: string): number | undefined {
  const digits = /^([0-9]{1,15})(ms|s)$/.exec(text);
  if (digits !== null) return Number(digits[1]) * (digits[2] === "s" ? 1000 : 1);
  if (!DATE.test(text)) return undefined;
  const ms = Date.parse(text.replace(" ", "T"));
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * Finds a place in a queue.
 *
 * @param queue The queue.
 * @param where The place.
 * @returns Its offset. An offset that was said is taken as it is.
 */
export function offsetOf(queue: Queue, where: Where): number {
  switch (where.kind) {
    case "earliest":
      return queue.earliestOffset;
    case "latest":
      return queue.endOffset;
    case "offset":
      return where.offset;
    case "last":
      return Math.max(queue.earliestOffset, queue.endOffset - where.count);
    case "time":
      return queue.offsetAt(where.ms);
  }
}
