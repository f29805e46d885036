/**
 * Where a history interferes: every call of libc and every store into mapped memory asks first.
 *
 * @module
 */
import type { Choices } from "./choices.ts";

/** A call that is about to happen. */
export interface SimCall {
  /** Whether it is a call of libc or a store through a mapping. */
  readonly kind: "call" | "store";
  /** Name of the call; `"store"` for a store. */
  readonly name: string;
  /** Path of the file as it was opened, or the path that was given; `""` if there is none. */
  readonly path: string;
  /** First byte that it is about, where there is one. */
  readonly position: number;
  /** Bytes that it is about, where there are any. */
  readonly byteLength: number;
  /** Process that calls. */
  readonly processId: number;
  /** How many calls and stores came before on this machine. */
  readonly number: number;
}

/**
 * The end of a process: it is killed, or the power is cut, with a profile of `power_cut.ts` or any.
 */
export type SimEnd = "kill" | "cut" | { readonly cut: number };

/**
 * What is to happen instead of an ordinary call: the process ends, the call fails with an error's
 * name, or it transfers no more than `limit` bytes.
 */
export type SimVerdict = SimEnd | { readonly fail: string } | { readonly limit: number };

/** Decides about a call before it has any effect; `undefined` lets it happen. */
export type SimHook = (call: SimCall) => SimVerdict | undefined;

/** Errors that a call can meet on a healthy machine, and that pass the seam. */
const ERRORS: Readonly<Record<string, readonly string[]>> = {
  open: ["EMFILE", "EIO"],
  openat2: ["EMFILE", "ENOSPC", "EIO"],
  fstat: ["EIO"],
  statx: ["EIO"],
  fchmod: ["EIO"],
  fchown: ["EIO"],
  mkdirat: ["ENOSPC", "EIO"],
  renameat: ["ENOSPC", "EIO"],
  unlinkat: ["EIO"],
  rmdirat: ["EIO"],
  readDirectory: ["EIO"],
  fallocate: ["ENOSPC", "EIO"],
  fallocateAsync: ["ENOSPC", "EIO"],
  ftruncate: ["EIO"],
  pread: ["EIO"],
  seek: ["EIO"],
  pwrite: ["EIO", "ENOSPC"],
  pwriteAsync: ["EIO", "ENOSPC"],
  sendfile: ["EIO", "ENOSPC"],
  sendfileAsync: ["EIO", "ENOSPC"],
  fsync: ["EIO", "ENOSPC"],
  fsyncAsync: ["EIO", "ENOSPC"],
  fdatasync: ["EIO", "ENOSPC"],
  fdatasyncAsync: ["EIO", "ENOSPC"],
  msync: ["EIO", "ENOSPC"],
  msyncAsync: ["EIO", "ENOSPC"],
  mmap: ["ENOMEM"],
  madvise: ["ENOMEM"],
  madviseAsync: ["ENOMEM"],
  mlock: ["ENOMEM"],
  inotifyInit: ["EMFILE"],
  inotifyAdd: ["ENOSPC"],
};

const TRANSFERS = ["pread", "pwrite", "pwriteAsync", "sendfile", "sendfileAsync"];

/** The error that never passes the seam: the call is made again behind it. */
export const INTERRUPTED = "EINTR";

/** The errors that a call of that name can meet; none for a call that cannot fail. */
export function errorsOf(name: string): readonly string[] {
  return ERRORS[name] ?? [];
}

/** Whether a call of that name may transfer fewer bytes than it was asked to. */
export function canBeShort(name: string): boolean {
  return TRANSFERS.includes(name);
}

/** Asks several hooks in turn; the first that decides is obeyed. */
export function firstOf(...hooks: readonly SimHook[]): SimHook {
  return (call) => {
    for (const hook of hooks) {
      const verdict = hook(call);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  };
}

/** Lets the `count`th call of that name (from 1) fail, all others happen. */
export function failNth(name: string, count: number, code: string): SimHook {
  let seen = 0;
  return (call) => call.name === name && ++seen === count ? { fail: code } : undefined;
}

/** Ends the process at the first call or store whose number is at least `number`. */
export function endAt(number: number, end: SimEnd): SimHook {
  return (call) => call.number >= number ? end : undefined;
}

/** Whether a verdict ends the process. */
export function isEnd(verdict: SimVerdict): verdict is SimEnd {
  return typeof verdict === "string" || "cut" in verdict;
}

/** Lets calls meet an error, or transfer little, `count` times out of `total`. */
export function randomErrors(choices: Choices, count: number, total: number): SimHook {
  return (call) => {
    if (call.kind === "store") return undefined;
    const errors = errorsOf(call.name);
    if (errors.length === 0 || !choices.chance(count, total)) return undefined;
    const short = canBeShort(call.name) && call.byteLength > 1;
    const which = choices.draw(errors.length + (short ? 1 : 0));
    if (which < errors.length) return { fail: errors[which] };
    return { limit: 1 + choices.draw(call.byteLength - 1) };
  };
}
