/**
 * What a callback gives that is asked for a value, or for nothing, and is not waited for.
 *
 * @module
 */

/**
 * Tells whether it is a promise. Who asks refuses it: nobody would wait for it. What it rejects with is dropped then, since a rejection
 * that nobody handles ends the process.
 *
 * @param given What a callback gave.
 * @returns Whether it is a promise, or anything else that `await` would wait for.
 */
export function isStrayPromise(given: unknown): boolean {
  if (typeof given !== "object" || given === null || !("then" in given)) return false;
  if (typeof given.then !== "function") return false;
  Promise.resolve(given).catch(() => undefined);
  return true;
}
