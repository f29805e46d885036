/**
 * Errors about arguments: JavaScript's own classes, with Node's codes.
 *
 * @module
 */
import { quotePath } from "../ffi/mod.ts";

/** Codes of arguments that are refused. */
export type ArgumentErrorCode =
  | "ERR_INVALID_ARG_TYPE"
  | "ERR_INVALID_ARG_VALUE"
  | "ERR_OUT_OF_RANGE";

const NAME_LENGTH_SHOWN = 60;

/** A `RangeError` for `ERR_OUT_OF_RANGE`, else a `TypeError`; both carry the code. */
export function argumentError(
  code: ArgumentErrorCode,
  message: string,
): (TypeError | RangeError) & { readonly code: ArgumentErrorCode } {
  const error = code === "ERR_OUT_OF_RANGE" ? new RangeError(message) : new TypeError(message);
  return Object.assign(error, { code });
}

/** A queue in words. Its topic may be the name of any folder. */
export function queueName(topic: string, queueId: number): string {
  return `queue ${queueId} of topic ${quotePath(topic)}`;
}

/** A value in a few words: texts are quoted and escaped, long ones cut. */
export function showArgument(value: unknown): string {
  switch (typeof value) {
    case "string":
      return showText(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "object":
      return value === null ? "null" : showObject(value);
    default:
      return String(value);
  }
}

function showText(text: string): string {
  const isLong = text.length > NAME_LENGTH_SHOWN;
  return quotePath(isLong ? `${text.slice(0, NAME_LENGTH_SHOWN)}...` : text);
}

function showObject(value: object): string {
  if (Array.isArray(value)) return "an array";
  const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return tag === "Object" ? "an object" : `an object (${tag})`;
}
