/**
 * The simulated calls for record locks, leases and watches.
 *
 * @module
 */
import type { Libc, LockHolder, LockKind, LockOwner, Outcome } from "../../../ffi/mod.ts";
import { NO_RANGE, onFile } from "./open_file.ts";
import { SimInotify } from "./inotify.ts";
import type { SimFile } from "./nodes.ts";
import type { RecordLock } from "./record_locks.ts";
import { failure, type SimAccess, type SimDescription, type SimProcess } from "./sim_process.ts";

/** The part of `Libc` that this file makes. */
export type LockCalls = Pick<
  Libc,
  | "lockRange"
  | "queryLock"
  | "setLease"
  | "getLease"
  | "setLeaseSignal"
  | "inotifyInit"
  | "inotifyAdd"
  | "inotifyRemove"
  | "pollAsync"
>;

const OFD_PROCESS_ID = -1;
const QUEUE_ACCESS: SimAccess = { readable: true, writable: false, appending: false };

/** Makes the calls of a process for locks, leases and watches. */
export function lockCalls(process: SimProcess): LockCalls {
  return {
    lockRange: (descriptor, kind, start, byteLength, owner) =>
      onFile(process, "lockRange", descriptor, NO_RANGE, ({ file, description }) => {
        if (kind === "write" && !description.writable) return failure("EBADF", "lockRange");
        if (kind === "read" && !description.readable) return failure("EBADF", "lockRange");
        const wanted = lockOf(process, description, kind, [start, byteLength], owner);
        if (kind !== "none" && file.locks.conflict(wanted) !== undefined) {
          return failure("EAGAIN", "lockRange");
        }
        file.locks.set(wanted);
        return 0;
      }),
    queryLock: (descriptor, kind, start, byteLength, owner) =>
      onFile<LockHolder | undefined>(
        process,
        "queryLock",
        descriptor,
        NO_RANGE,
        ({ file, description }) =>
          file.locks.conflict(lockOf(process, description, kind, [start, byteLength], owner))
            ?.holder,
      ),
    setLease: (descriptor, kind) =>
      onFile(
        process,
        "setLease",
        descriptor,
        NO_RANGE,
        ({ file, description }) => setLease(file, description, kind),
      ),
    getLease: (descriptor) =>
      onFile<LockKind>(
        process,
        "getLease",
        descriptor,
        NO_RANGE,
        ({ file, description }) =>
          file.leases.find((lease) => lease.owner === description)?.target ?? "none",
      ),
    setLeaseSignal: (descriptor) =>
      onFile(process, "setLeaseSignal", descriptor, NO_RANGE, () => 0),
    ...watchCalls(process),
  };
}

function watchCalls(
  process: SimProcess,
): Pick<LockCalls, "inotifyInit" | "inotifyAdd" | "inotifyRemove" | "pollAsync"> {
  const { kernel } = process;
  return {
    inotifyInit: () => {
      const { fail } = process.enter("inotifyInit");
      if (fail !== undefined) return failure(fail, "inotifyInit");
      if (process.descriptorsExhausted) return failure("EMFILE", "inotifyInit");
      const queue = new SimInotify(kernel.constants);
      kernel.addQueue(queue);
      return process.install(queue, "(inotify)", QUEUE_ACCESS);
    },
    inotifyAdd: (inotify, watched, mask) => {
      const description = process.description(watched);
      const { fail } = process.enter("inotifyAdd", { path: description?.path });
      if (fail !== undefined) return failure(fail, "inotifyAdd");
      const queue = process.description(inotify)?.node;
      if (description === undefined || queue === undefined) return failure("EBADF", "inotifyAdd");
      return queue instanceof SimInotify
        ? queue.add(description.node, mask)
        : failure("EINVAL", "inotifyAdd");
    },
    inotifyRemove: (inotify, watch) => {
      const queue = process.description(inotify)?.node;
      const { fail } = process.enter("inotifyRemove");
      if (fail !== undefined) return failure(fail, "inotifyRemove");
      if (queue === undefined) return failure("EBADF", "inotifyRemove");
      return queue instanceof SimInotify && queue.remove(watch)
        ? 0
        : failure("EINVAL", "inotifyRemove");
    },
    pollAsync: (descriptor, timeoutMs) => poll(process, descriptor, timeoutMs),
  };
}

function lockOf(
  process: SimProcess,
  description: SimDescription,
  kind: LockKind,
  [start, byteLength]: readonly [number, number],
  owner: LockOwner,
): RecordLock<LockHolder> {
  const byDescription = owner === "description";
  const processId = byDescription ? OFD_PROCESS_ID : process.id;
  return {
    owner: byDescription ? description : process,
    holder: { kind, processId },
    kind,
    from: start,
    to: byteLength === 0 ? Infinity : start + byteLength,
  };
}

function setLease(file: SimFile, description: SimDescription, kind: LockKind): Outcome {
  const others = file.leases.filter((lease) => lease.owner !== description);
  if (kind === "none") {
    if (others.length === file.leases.length) return failure("EAGAIN", "setLease");
    file.leases = others;
    return 0;
  }
  const breaking = file.leases.some((lease) => lease.target !== lease.kind);
  const readable = kind === "read" && !description.writable && file.writerCount === 0;
  const alone = kind === "write" && file.openCount === 1;
  if (breaking || (!readable && !alone)) return failure("EAGAIN", "setLease");
  if (others.some((lease) => lease.kind === "write")) return failure("EAGAIN", "setLease");
  file.leases = [...others, { owner: description, kind, target: kind }];
  return 0;
}

function poll(process: SimProcess, descriptor: number, timeoutMs: number): Promise<Outcome> {
  const description = process.description(descriptor);
  const { fail } = process.enter("pollAsync", { path: description?.path });
  const queue = description?.node;
  if (fail !== undefined || !(queue instanceof SimInotify)) {
    const code = fail ?? (queue === undefined ? "EBADF" : "EINVAL");
    return process.offThread("pollAsync", { finish: () => failure(code, "pollAsync") });
  }
  if (queue.readable) return process.offThread("pollAsync", { finish: () => 1 });

  const { scheduler } = process.kernel;
  return new Promise((resolve) => {
    const stop = queue.whenReadable(() => {
      timer?.cancel();
      scheduler.enqueue(process, () => resolve(1));
    });
    const timer = Number.isFinite(timeoutMs) && timeoutMs >= 0
      ? scheduler.after(process, timeoutMs, () => {
        stop();
        resolve(0);
      })
      : undefined;
  });
}
