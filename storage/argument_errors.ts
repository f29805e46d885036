/**
 * Errors about what a caller handed in: JavaScript's own classes, with the codes that Node gives
 * them.
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

/** Makes the error of an argument that is refused. */
export function argumentError(
  code: ArgumentErrorCode,
  message: string,
): (TypeError | RangeError) & { readonly code: ArgumentErrorCode } {
  const error = code === "ERR_OUT_OF_RANGE" ? new RangeError(message) : new TypeError(message);
  return Object.assign(error, { code });
}

/** Names a queue. Its topic may be whatever somebody called a folder. */
export function queueName(topic: string, queueId: number): string {
  return `queue ${queueId} of topic ${quotePath(topic)}`;
}

/** Shows what was handed in, or what stood where something else should. */
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
