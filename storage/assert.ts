/**
 * Assertions about our own code. A failed one is a bug of Streambed, never of the caller or of the
 * bytes on disk: wrong arguments and damaged files have error classes of their own.
 *
 * @module
 */

/**
 * A broken invariant: a bug in Streambed. It poisons the store that meets it.
 *
 * The caller should report it.
 */
export class InvariantError extends Error {
  /** The class name, so that it survives minification. */
  override readonly name: string = "InvariantError";
}

/**
 * Checks an invariant of our own code.
 *
 * @throws {InvariantError} If `condition` is falsy.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/**
 * Marks a place that no execution can reach.
 *
 * @throws {InvariantError} Always.
 */
export function unreachable(message = "This place is unreachable"): never {
  throw new InvariantError(message);
}
