/**
 * How a command ends when it does not end well.
 *
 * @module
 */

export const EXIT_FINE = 0;
export const EXIT_ERROR = 1;
export const EXIT_USAGE = 2;
export const EXIT_DAMAGE = 3;
/** 128 and the number of SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** The command was called wrongly; look at its `--help`. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A failure without a class of the library; the message says what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

export class InterruptedError extends Error {
  override readonly name = "InterruptedError";

  constructor() {
    super("Cannot go on: interrupted");
  }
}

/** The reader of the output has gone, as `head` does. Nothing is wrong. */
export class ClosedPipeError extends Error {
  override readonly name = "ClosedPipeError";

  constructor() {
    super("Cannot write to standard output: its reader has gone");
  }
}
