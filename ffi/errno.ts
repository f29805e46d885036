/**
 * Failures of system calls as values.
 *
 * A failed call is an expected outcome of talking to a kernel, so the seam hands it back instead of
 * throwing. {@linkcode check} turns it into a {@linkcode StoreError} where nobody has a better answer.
 *
 * @module
 */
import { type StoreError, storeError } from "../errors.ts";

/** A failed system call: which call, and why. */
export class Errno {
  /** Symbolic name, for example `"ENOSPC"`; `"EUNKNOWN"` after a call on another thread. */
  readonly code: string;
  /** The number the kernel gave; 0 when it is not known. */
  readonly errno: number;
  /** Name of the call, for example `"pwrite"`. */
  readonly syscall: string;
  readonly #cause: unknown;

  /**
   * Makes a failure value.
   *
   * @param code Symbolic name of the error.
   * @param errno The kernel's number.
   * @param syscall Name of the call that failed.
   * @param cause What the runtime threw, if it did.
   */
  constructor(code: string, errno: number, syscall: string, cause?: unknown) {
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.#cause = cause;
  }

  /** What the runtime threw where it could not make the call at all; `undefined` where the kernel gave the failure. */
  get cause(): unknown {
    return this.#cause;
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
 * Makes a call on another thread and never throws or rejects. A runtime that has no thread, no memory, or is about to end rejects a
 * call that it could not make, or whose answer it lost: nobody knows what it did, so it counts as failed.
 *
 * @param syscall Its name.
 * @param call Makes it.
 * @returns What it gave; `"EUNKNOWN"` with a cause if the runtime threw or rejected.
 */
export async function settledCall(
  syscall: string,
  call: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await call();
  } catch (error) {
    return new Errno("EUNKNOWN", 0, syscall, error);
  }
}

/** What to do where the name of a failure does not say it. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["EMFILE", "this process has too many files open, close some or raise the limit, ulimit -n"],
  ["ENFILE", "the machine has too many files open, close some or raise fs.file-max"],
]);

/** What may be over a moment later, without a change of the program. */
const PASSING: ReadonlySet<string> = new Set([
  "EAGAIN",
  "EBUSY",
  "EINTR",
  "EMFILE",
  "ENFILE",
  "ENOMEM",
]);

/**
 * A call of libc failed, and no other code says more.
 *
 * @param action What was tried, in words: `"open segment"`.
 */
export function systemError(
  failure: Errno,
  action: string,
  path?: string,
): StoreError<"SYSTEM"> {
  const { code, syscall, cause } = failure;
  const where = path === undefined ? "" : ` ${quotePath(path)}`;
  const message = `Cannot ${action}${where}: ${syscall} failed with ${code}`;
  const details = { path, syscall, errno: code, remedy: REMEDIES.get(code), cause };
  const retryable = PASSING.has(code);
  return storeError("SYSTEM", undefined, message, { ...details, retryable });
}

/** The failure that an error was made of, for an error that says more. */
export function errnoOf({ errno, syscall }: StoreError<"SYSTEM">, cause?: unknown): Errno {
  return new Errno(errno ?? "EUNKNOWN", 0, syscall ?? "", cause);
}

/**
 * Gives the value of a call, or throws.
 *
 * @param outcome What the call gave.
 * @param action What was tried, in words: `"open segment"`.
 * @param path The path it was about.
 * @returns The value.
 * @throws {StoreError<"SYSTEM">} If the call failed.
 */
export function check<T>(outcome: Outcome<T>, action: string, path?: string): T {
  if (outcome instanceof Errno) throw systemError(outcome, action, path);
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
