/**
 * How a command ends when it does not end well.
 *
 * @module
 */

/** Everything was fine. */
export const EXIT_FINE = 0;
/** Something failed. */
export const EXIT_ERROR = 1;
/** The command was called wrongly. */
export const EXIT_USAGE = 2;
/** Damage was found. */
export const EXIT_DAMAGE = 3;
/** The command was interrupted: 128 and the number of SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** The command was called wrongly. Look at its `--help`. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something failed that no class of the library describes. The message says what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** The user interrupted the command. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";

  /** Makes the reason of an aborted signal. */
  constructor() {
    super("Cannot go on: interrupted");
  }
}

/** Whoever read the output has gone, as `head` does. Nothing is wrong. */
export class ClosedPipeError extends Error {
  override readonly name = "ClosedPipeError";

  /** Makes the error. */
  constructor() {
    super("Cannot write to standard output: nobody reads it");
  }
}
