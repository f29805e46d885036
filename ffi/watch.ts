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
  const inotify = startInotify(libc, descriptor);
  if (failed(inotify)) return inotify;
  return startWatch(libc, inotify.descriptor, inotify.watch, onChange);
}

/**
 * Collects the names in a directory that were changed, to be asked for: without a thread, without a
 * timer, and without keeping the process alive.
 */
export class ChangedNames {
  readonly #libc: Libc;
  readonly #inotify: Descriptor;
  #isOver = false;

  private constructor(libc: Libc, inotify: Descriptor) {
    this.#libc = libc;
    this.#inotify = inotify;
  }

  /**
   * Begins to collect.
   *
   * @param directory An open directory, which may be closed afterwards.
   * @returns The collection; `EMFILE` or `ENOSPC` if the user has too many watches.
   */
  static of(libc: Libc, directory: Descriptor): Outcome<ChangedNames> {
    const inotify = startInotify(libc, directory);
    return failed(inotify) ? inotify : new ChangedNames(libc, inotify.descriptor);
  }

  /** Whether there will be no more: the directory is gone. Known once its names were taken. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The names that were changed since the last call; `undefined` if they were too many. */
  take(): ReadonlySet<string> | undefined {
    const names = new Set<string>();
    let isWhole = true;
    const failure = readEvents(this.#libc, this.#inotify, (mask, name) => {
      if ((mask & this.#libc.constants.IN_Q_OVERFLOW) !== 0) isWhole = false;
      if ((mask & this.#libc.constants.IN_IGNORED) !== 0) this.#isOver = true;
      if (name !== "") names.add(name);
    });
    return isWhole && failure === undefined ? names : undefined;
  }

  close(): void {
    this.#libc.close(this.#inotify);
  }
}

function startInotify(
  libc: Libc,
  watched: Descriptor,
): Outcome<{ readonly descriptor: Descriptor; readonly watch: number }> {
  const { constants } = libc;
  const mask = constants.IN_MODIFY | constants.IN_CREATE | constants.IN_MOVED_TO |
    constants.IN_MOVED_FROM | constants.IN_DELETE;
  const descriptor = libc.inotifyInit();
  if (failed(descriptor)) return descriptor;
  const watch = libc.inotifyAdd(descriptor, watched, mask);
  if (!failed(watch)) return { descriptor, watch };
  libc.close(descriptor);
  return watch;
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
  let end: Errno | undefined;
  const failure = readEvents(libc, inotify, (mask) => {
    if ((mask & libc.constants.IN_IGNORED) !== 0) end = makeErrno("ENOENT", "inotify");
  });
  return failure ?? end;
}

/** Reads all events that are there; gives the error that ended it, if any. */
function readEvents(
  libc: Libc,
  inotify: Descriptor,
  onEvent: (mask: number, name: string) => void,
): Errno | undefined {
  const events = new Uint8Array(EVENT_BYTE_LENGTH);
  for (;;) {
    const count = libc.read(inotify, events);
    if (failed(count)) return count.code === "EAGAIN" ? undefined : count;
    if (count === 0) return undefined;
    eachEvent(events.subarray(0, count), onEvent);
  }
}

function eachEvent(events: Uint8Array, onEvent: (mask: number, name: string) => void): void {
  const view = new DataView(events.buffer, events.byteOffset, events.length);
  const { at, byteLength } = INOTIFY_EVENT;
  for (let start = 0; start < events.length;) {
    const nameBytes = view.getUint32(start + at.nameBytes, true);
    const name = events.subarray(start + byteLength, start + byteLength + nameBytes);
    const end = name.indexOf(0);
    const text = new TextDecoder().decode(end < 0 ? name : name.subarray(0, end));
    onEvent(view.getUint32(start + at.mask, true), text);
    start += byteLength + nameBytes;
  }
}
