/**
 * What a callback gives that is asked for a value, or for nothing, and is not waited for.
 *
 * @module
 */

/**
 * Drops what is a promise, for who refuses it: nobody would wait for it, and a rejection that
 * nobody handles ends the process.
 */
export function dropPromise(given: unknown): boolean {
  if (!isPromise(given)) return false;
  Promise.resolve(given).catch(() => undefined);
  return true;
}

/** Whether a callback gave a promise, or anything else that `await` would wait for. */
export function isPromise<T>(given: T | Promise<T>): given is Promise<T> {
  return typeof given === "object" && given !== null && "then" in given &&
    typeof given.then === "function";
}
