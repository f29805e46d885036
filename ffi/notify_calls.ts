/**
 * inotify and waiting for it.
 *
 * @module
 */
import { writeI64 } from "./c_struct.ts";
import type { CallContext } from "./call_context.ts";
import { failed, type Outcome, settledCall } from "./errno.ts";
import type { Descriptor, Libc } from "./libc.ts";
import { POLLIN } from "./linux_abi.ts";
import { POLLFD, SIGSET_BYTE_LENGTH, TIMESPEC } from "./linux_structs.ts";
import { ReadinessWaits } from "./readiness.ts";

export type NotifyCalls = Pick<
  Libc,
  "inotifyInit" | "inotifyAdd" | "inotifyRemove" | "pollAsync"
>;

export function notifyCalls(context: CallContext): NotifyCalls {
  const { calls, constants, native } = context;
  const wait = native.waitReadable;
  const waitForSet = wait === undefined
    ? (set: Descriptor) => pollOnThread(context, set, null)
    : (set: Descriptor) => settledCall("epoll_wait", () => wait(set));
  const waits = new ReadinessWaits(context, waitForSet);

  return {
    inotifyInit() {
      const flags = constants.O_CLOEXEC | constants.O_NONBLOCK;
      return context.opened.add(
        context.retried("inotify_init1", () => calls.inotify_init1(flags)),
      );
    },
    inotifyAdd(inotify, watched, mask) {
      const syscall = "inotify_add_watch";
      const put = context.path.put(`/proc/self/fd/${watched}`, syscall);
      if (failed(put)) return put;
      return context.retried(
        syscall,
        () => calls.inotify_add_watch(inotify, context.path.bytes, mask),
      );
    },
    inotifyRemove: (inotify, watch) =>
      context.retried("inotify_rm_watch", () => calls.inotify_rm_watch(inotify, watch)),
    pollAsync(descriptor, timeoutMs) {
      if (timeoutMs === Infinity) return waits.wait(descriptor);
      return pollOnThread(context, descriptor, timeoutBytes(timeoutMs));
    },
  };
}

function pollOnThread(
  context: CallContext,
  descriptor: Descriptor,
  timeout: Uint8Array | null,
): Promise<Outcome> {
  const request = pollBytes(descriptor);
  // A signal would end the wait with EINTR, which another thread could not tell from an error.
  const allSignals = new Uint8Array(SIGSET_BYTE_LENGTH).fill(0xff);
  const call = () => context.calls.ppollAsync(request, 1, timeout, allSignals);
  return context.settled("ppoll", call, request, timeout, allSignals);
}

function pollBytes(descriptor: Descriptor): Uint8Array {
  const bytes = new Uint8Array(POLLFD.byteLength);
  const view = new DataView(bytes.buffer);
  view.setInt32(POLLFD.at.descriptor, descriptor, true);
  view.setInt16(POLLFD.at.events, POLLIN, true);
  return bytes;
}

function timeoutBytes(timeoutMs: number): Uint8Array {
  const bytes = new Uint8Array(TIMESPEC.byteLength);
  const view = new DataView(bytes.buffer);
  const seconds = Math.floor(timeoutMs / 1e3);
  writeI64(view, TIMESPEC.at.seconds, seconds);
  writeI64(view, TIMESPEC.at.nanoseconds, Math.round((timeoutMs - seconds * 1e3) * 1e6));
  return bytes;
}
