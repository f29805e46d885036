/**
 * Being told that a file changed.
 *
 * inotify sees writes, but no stores through a mapping: a writer that wants to be noticed has to
 * write.
 *
 * @module
 */
import { makeErrno } from "./call_context.ts";
import { type Errno, failed, type Outcome } from "./errno.ts";
import type { Descriptor, Libc } from "./libc.ts";
import { INOTIFY_EVENT } from "./linux_structs.ts";

// Some hundred events, which are 16 bytes each when a file is watched.
const EVENT_BYTE_LENGTH = 8 * 1024;

export interface FileWatch {
  /** Ends the watch; `onChange` is not called any more. */
  close(): Promise<void>;
  /**
   * Settles when the watch is over: `undefined` after {@linkcode close}, else why it ended,
   * `ENOENT` once the file is gone.
   */
  readonly ended: Promise<Errno | undefined>;
}

/**
 * Watches an open file or directory, which may be closed afterwards. Uses one descriptor and no
 * timer; all watches share one thread at most. Keeps the process alive until it is closed.
 *
 * @param onChange Called once for all changes since the last call, perhaps without a change or for
 * an older one. Must not throw.
 * @returns The watch; `EMFILE` or `ENOSPC` if the user has too many.
 */
export function watchFile(
  libc: Libc,
  descriptor: Descriptor,
  onChange: () => void,
): Outcome<FileWatch> {
  const { constants } = libc;
  const mask = constants.IN_MODIFY | constants.IN_CREATE | constants.IN_MOVED_TO |
    constants.IN_MOVED_FROM | constants.IN_DELETE;
  const inotify = libc.inotifyInit();
  if (failed(inotify)) return inotify;

  const watch = libc.inotifyAdd(inotify, descriptor, mask);
  if (failed(watch)) {
    libc.close(inotify);
    return watch;
  }
  return startWatch(libc, inotify, watch, onChange);
}

function startWatch(
  libc: Libc,
  inotify: Descriptor,
  watch: number,
  onChange: () => void,
): FileWatch {
  let isClosing = false;
  async function run(): Promise<Errno | undefined> {
    try {
      for (;;) {
        const ready = await libc.pollAsync(inotify, Infinity);
        if (isClosing) return undefined;
        if (failed(ready)) return ready;
        const end = drain(libc, inotify);
        onChange();
        if (end !== undefined) return end;
      }
    } finally {
      isClosing = true;
      libc.close(inotify);
    }
  }
  const ended = run();
  return {
    ended,
    async close() {
      // Removing the watch queues an event, and that ends the poll.
      if (!isClosing) libc.inotifyRemove(inotify, watch);
      isClosing = true;
      await ended;
    },
  };
}

/** Takes all events off the queue; gives why there will be no more. */
function drain(libc: Libc, inotify: Descriptor): Errno | undefined {
  const events = new Uint8Array(EVENT_BYTE_LENGTH);
  let end: Errno | undefined;
  for (;;) {
    const count = libc.read(inotify, events);
    if (failed(count)) return count.code === "EAGAIN" ? end : count;
    if (count === 0) return end;
    if (isWatchOver(libc, events.subarray(0, count))) end = makeErrno("ENOENT", "inotify");
  }
}

function isWatchOver({ constants }: Libc, events: Uint8Array): boolean {
  const view = new DataView(events.buffer, events.byteOffset, events.length);
  const { at, byteLength } = INOTIFY_EVENT;
  for (let start = 0; start < events.length;) {
    const mask = view.getUint32(start + at.mask, true);
    if ((mask & constants.IN_IGNORED) !== 0) return true;
    start += byteLength + view.getUint32(start + at.nameBytes, true);
  }
  return false;
}
