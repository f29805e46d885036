/**
 * What a stream of Node is destroyed with.
 *
 * @module
 */

/** Listeners of a Node stream expect an error; a falsy reason would look like success. */
export function errorOf(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  return new Error("Cannot go on with stream: its signal was aborted", { cause: reason });
}
