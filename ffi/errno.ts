/**
 * Failures of system calls as values: the seam returns them, and {@linkcode check} throws where the
 * caller has no better answer.
 *
 * @module
 */
import { type StoreError, storeError } from "../errors.ts";

/** A failed system call: which call, and why. */
export class Errno {
  /** Symbolic name, for example `"ENOSPC"`; `"EUNKNOWN"` after a call on another thread. */
  readonly code: string;
  /** The kernel's number; 0 if unknown. */
  readonly errno: number;
  /** Name of the call, for example `"pwrite"`. */
  readonly syscall: string;
  readonly #cause: unknown;

  constructor(code: string, errno: number, syscall: string, cause?: unknown) {
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.#cause = cause;
  }

  /** What the runtime threw if it could not make the call; `undefined` if the kernel failed it. */
  get cause(): unknown {
    return this.#cause;
  }
}

/** What a system call gives: its value, or why it failed. */
export type Outcome<T = number> = T | Errno;

/** Whether a call failed. */
export function failed<T>(outcome: Outcome<T>): outcome is Errno {
  return outcome instanceof Errno;
}

/**
 * Makes a call on another thread; never throws or rejects. A runtime that has no thread, no memory,
 * or is about to end rejects a call that it could not make or whose answer it lost: what happened
 * is unknown, so it counts as failed, `"EUNKNOWN"` with a cause.
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

/** What to do, where the name of a failure does not say it. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["EMFILE", "this process has too many files open, close some or raise the limit, ulimit -n"],
  ["ENFILE", "the machine has too many files open, close some or raise fs.file-max"],
]);

/** What may pass without a change of the program. */
const PASSING: ReadonlySet<string> = new Set([
  "EAGAIN",
  "EBUSY",
  "EINTR",
  "EMFILE",
  "ENFILE",
  "ENOMEM",
]);

/** A call of libc failed, and no other code says more; `action` in words: `"open segment"`. */
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
 * Gives the value of a call, or throws; `action` in words: `"open segment"`.
 *
 * @throws {StoreError<"SYSTEM">} If the call failed.
 */
export function check<T>(outcome: Outcome<T>, action: string, path?: string): T {
  if (outcome instanceof Errno) throw systemError(outcome, action, path);
  return outcome;
}

/**
 * Quotes a path for a message; control characters are escaped so that a name cannot rewrite a
 * terminal.
 */
export function quotePath(path: string): string {
  return JSON.stringify(path).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
