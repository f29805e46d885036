/**
 * Assertions. A failed one is a bug of Streambed: wrong arguments and damaged files have other
 * errors.
 *
 * @module
 */

/** A broken invariant: a bug in Streambed, to be reported. The store that meets it stops. */
export class InvariantError extends Error {
  /** The class name, so that it survives minification. */
  override readonly name: string = "InvariantError";
}

/** Checks an invariant of our own code; `message` is the rule, without a full stop. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
