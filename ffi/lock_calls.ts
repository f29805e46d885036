/**
 * Record locks and leases, all through `fcntl`.
 *
 * @module
 */
import { writeI64 } from "./c_struct.ts";
import { type CallContext, integer, makeErrno } from "./call_context.ts";
import { failed, type Outcome } from "./errno.ts";
import type { Descriptor, Libc, LockHolder, LockKind, LockOwner } from "./libc.ts";
import {
  F_GETLEASE,
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_SETLEASE,
  F_SETLK,
  F_SETSIG,
  SEEK_SET,
} from "./linux_abi.ts";
import { FLOCK } from "./linux_structs.ts";

export type LockCalls = Pick<
  Libc,
  "lockRange" | "queryLock" | "setLease" | "getLease" | "setLeaseSignal"
>;

/** In the order of `F_RDLCK`, `F_WRLCK`, `F_UNLCK`, which are 0, 1 and 2. */
const KINDS: readonly LockKind[] = ["read", "write", "none"];
const COMMANDS: Readonly<Record<LockOwner, { readonly set: number; readonly get: number }>> = {
  description: { set: F_OFD_SETLK, get: F_OFD_GETLK },
  process: { set: F_SETLK, get: F_GETLK },
};

export function lockCalls(context: CallContext): LockCalls {
  const { calls } = context;

  function control(descriptor: Descriptor, command: number, argument: number): Outcome {
    return context.retried("fcntl", () => calls.fcntlNumber(descriptor, command, argument));
  }

  return {
    lockRange(descriptor, kind, start, byteLength, owner) {
      const lock = lockBytes(kind, start, byteLength);
      const command = COMMANDS[owner].set;
      return context.retried("fcntl", () => calls.fcntlLock(descriptor, command, lock));
    },
    queryLock(descriptor, kind, start, byteLength, owner) {
      const lock = lockBytes(kind, start, byteLength);
      const command = COMMANDS[owner].get;
      const result = context.retried("fcntl", () => calls.fcntlLock(descriptor, command, lock));
      return failed(result) ? result : lockHolder(lock);
    },
    setLease(descriptor, kind) {
      const result = control(descriptor, F_SETLEASE, KINDS.indexOf(kind));
      if (kind === "none") context.opened.mark(descriptor);
      return result;
    },
    getLease(descriptor) {
      const result = control(descriptor, F_GETLEASE, 0);
      return failed(result) ? result : KINDS.at(result) ?? makeErrno("EINVAL", "fcntl");
    },
    setLeaseSignal: (descriptor, signal) => control(descriptor, F_SETSIG, signal),
  };
}

function lockBytes(kind: LockKind, start: number, byteLength: number): Uint8Array {
  // Linux wants process id 0 for a lock of a description.
  const bytes = new Uint8Array(FLOCK.byteLength);
  const view = new DataView(bytes.buffer);
  view.setInt16(FLOCK.at.type, KINDS.indexOf(kind), true);
  view.setInt16(FLOCK.at.whence, SEEK_SET, true);
  writeI64(view, FLOCK.at.start, integer(start));
  writeI64(view, FLOCK.at.length, integer(byteLength));
  return bytes;
}

function lockHolder(bytes: Uint8Array): LockHolder | undefined {
  const view = new DataView(bytes.buffer);
  const kind = KINDS.at(view.getInt16(FLOCK.at.type, true));
  if (kind === undefined || kind === "none") return undefined;
  return { kind, processId: view.getInt32(FLOCK.at.pid, true) };
}
