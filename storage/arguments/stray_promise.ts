/**
 * Promises from callbacks that should not give one.
 *
 * @module
 */

/**
 * Tells whether `given` is a promise, and if so ignores its rejection, which would end the process.
 */
export function dropPromise(given: unknown): boolean {
  if (!isPromise(given)) return false;
  Promise.resolve(given).catch(() => undefined);
  return true;
}

/** Whether a callback gave a promise, or any other value that `await` waits for. */
export function isPromise<T>(given: T | Promise<T>): given is Promise<T> {
  return typeof given === "object" && given !== null && "then" in given &&
    typeof given.then === "function";
}
