/**
 * Failures of system calls as values.
 *
 * A failed call is an expected outcome of talking to a kernel, so the seam hands it back instead of
 * throwing. {@linkcode check} turns it into a {@linkcode SystemError} where nobody has a better answer.
 *
 * @module
 */

/** A failed system call: which call, and why. */
export class Errno {
  /** Symbolic name, for example `"ENOSPC"`; `"EUNKNOWN"` after a call on another thread. */
  readonly code: string;
  /** The number the kernel gave; 0 when it is not known. */
  readonly errno: number;
  /** Name of the call, for example `"pwrite"`. */
  readonly syscall: string;

  /**
   * Makes a failure value.
   *
   * @param code Symbolic name of the error.
   * @param errno The kernel's number.
   * @param syscall Name of the call that failed.
   */
  constructor(code: string, errno: number, syscall: string) {
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** What a system call gives: its value, or why it failed. */
export type Outcome<T = number> = T | Errno;

/**
 * Tells whether a call failed.
 *
 * @param outcome What the call gave.
 * @returns `true` if it is an {@linkcode Errno}.
 */
export function failed<T>(outcome: Outcome<T>): outcome is Errno {
  return outcome instanceof Errno;
}

/**
 * A libc call failed and no other error class says more.
 *
 * Look at `code`; free the resource it names (space, descriptors, permission) and try again, or give up.
 */
export class SystemError extends Error {
  /** Name of the class. */
  override readonly name = "SystemError";
  /** Symbolic name, for example `"ENOSPC"`. */
  readonly code: string;
  /** The kernel's number; 0 when it is not known. */
  readonly errno: number;
  /** Name of the call. */
  readonly syscall: string;
  /** The path the call was about, where there is one. */
  readonly path: string | undefined;

  /**
   * Wraps a failure value.
   *
   * @param failure What the call gave.
   * @param action What was tried, in words: `"open segment"`.
   * @param path The path it was about.
   */
  constructor(failure: Errno, action: string, path?: string) {
    const where = path === undefined ? "" : ` ${quotePath(path)}`;
    super(`Cannot ${action}${where}: ${failure.syscall} failed with ${failure.code}`);
    this.code = failure.code;
    this.errno = failure.errno;
    this.syscall = failure.syscall;
    this.path = path;
  }
}

/**
 * Gives the value of a call, or throws.
 *
 * @param outcome What the call gave.
 * @param action What was tried, in words: `"open segment"`.
 * @param path The path it was about.
 * @returns The value.
 * @throws {SystemError} If the call failed.
 */
export function check<T>(outcome: Outcome<T>, action: string, path?: string): T {
  if (outcome instanceof Errno) throw new SystemError(outcome, action, path);
  return outcome;
}

/**
 * Quotes a path for a message, with control characters escaped so that a hostile name cannot
 * rewrite a terminal.
 *
 * @param path A path or a name.
 * @returns The quoted text.
 */
export function quotePath(path: string): string {
  return JSON.stringify(path).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
