/**
 * Errors about values of typed topics.
 *
 * @module
 */
import { type StoreError, storeError, type StoreErrorReasons, type ValueIssue } from "../errors.ts";
import { quotePath } from "../ffi/mod.ts";
import { queueName, showArgument } from "./argument_errors.ts";
import type { StoredMessage } from "./message.ts";

/** Issues that a message tells; the error has all of them. */
const ISSUES_SHOWN = 3;
/** Characters of a foreign text that a message tells. */
const TEXT_LENGTH_SHOWN = 200;
/** Names that need no quotes in a path. */
const PLAIN_NAME = /^[A-Za-z_$][\w$]{0,60}$/;

/** What is wrong with a value. */
export interface ValueFault {
  readonly reason: StoreErrorReasons["INVALID_VALUE"];
  /** In words, as the end of a sentence. */
  readonly state: string;
  readonly issues?: readonly ValueIssue[] | undefined;
  /** What the codec threw. */
  readonly cause?: unknown;
}

/** A value was to be appended; `index` is its place among those of one call. */
export function valueRefused(
  topic: string,
  index: number | undefined,
  { reason, state, issues, cause }: ValueFault,
): StoreError<"INVALID_VALUE"> {
  const value = index === undefined ? "value" : `value ${index} of the call`;
  const message = `Cannot append ${value} to topic ${quotePath(topic)}: ${state}`;
  const remedy = "nothing was written; mend the value, or change what the topic takes";
  return storeError("INVALID_VALUE", reason, message, { index, issues, cause, remedy });
}

/** A stored message does not hold a value of its topic. */
export function storedValueUnfit(
  { topic, queueId, offset, position }: StoredMessage,
  { reason, state, issues, cause }: ValueFault,
): StoreError<"INVALID_VALUE"> {
  const place = `offset ${offset} of ${queueName(topic, queueId)}, position ${position}`;
  const message = `Cannot read value at ${place}: ${state}`;
  const remedy = 'read it with the codec and schema that it fits, or pass it over, invalid: "skip"';
  const facts = { offset, position, issues, cause, remedy };
  return storeError("INVALID_VALUE", reason, message, facts);
}

/** Issues in words. */
export function showIssues(issues: readonly ValueIssue[]): string {
  const shown = issues.slice(0, ISSUES_SHOWN).map(({ path, message }) =>
    `${path.length === 0 ? "" : `${showPath(path)}: `}${showForeign(message)}`
  );
  const left = issues.length - shown.length;
  return `${shown.join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
}

/** What a codec threw, in words; it may be anything. */
export function showThrown(thrown: unknown): string {
  return thrown instanceof Error ? showForeign(thrown.message) : showArgument(thrown);
}

/** A text that Streambed has not written. */
function showForeign(text: string): string {
  const isLong = text.length > TEXT_LENGTH_SHOWN;
  return quotePath(isLong ? `${text.slice(0, TEXT_LENGTH_SHOWN)}...` : text);
}

/** A path as a program would write it: `items[2].price`. */
function showPath(path: readonly PropertyKey[]): string {
  const steps = path.map((key) => {
    if (typeof key === "string") return PLAIN_NAME.test(key) ? `.${key}` : `[${showForeign(key)}]`;
    return `[${String(key)}]`;
  });
  return steps.join("").replace(/^\./, "");
}
