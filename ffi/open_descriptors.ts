/**
 * What a program has open, so that it is closed when the program ends and the process does not: a
 * Worker, a file of `deno test`, a run of `deno run --watch`.
 *
 * Where the runtime announces the end, everything is closed there. Where it does not (a Worker that
 * is terminated), the kernel tells the next program: each descriptor is marked with the thread that
 * opened it, and the kernel forgets that thread when it ends. A program lives on one thread, so its
 * descriptors are then unused.
 *
 * @module
 */
import { failed, type Outcome } from "./errno.ts";
import type { Descriptor } from "./libc.ts";
import type { Architecture } from "./linux.ts";
import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLLIN,
  F_DUPFD_CLOEXEC,
  F_GETOWN_EX,
  F_GETSIG,
  F_OFD_SETLK,
  F_OWNER_TID,
  F_SETLEASE,
  F_SETOWN_EX,
  F_SETSIG,
  F_UNLCK,
  MAP_FAILED,
  SIGURG,
  type SystemCallNumbers,
} from "./linux_abi.ts";
import { EPOLL_EVENT, FLOCK, OWNER } from "./linux_structs.ts";
import type { Mapping } from "./mapping.ts";
import { LIBC_SYMBOLS, type LibcSymbol, type RawCalls } from "./symbols.ts";
import type { Native, OwnedDescriptor } from "./native.ts";
import { ProcessMemory } from "./process_memory.ts";

/**
 * Tells that a descriptor is ours: to the kernel a thread that ended looks like none. Never sent.
 */
const MARK = SIGURG;
/** Calls on another thread that change a file. */
const WRITING = ["pwrite", "sendfile", "fallocate"];
/** Calls that touch no descriptor, and only memory that is still there. */
const KEPT = ["__errno_location", "memcpy", "getpagesize", "getpid", "gettid", "geteuid"];

/** The calls of a program, and which of them other threads are making. */
export interface ProgramCalls {
  readonly calls: RawCalls;
  readonly native: Native;
  readonly architecture: Architecture;
  readonly numbers: SystemCallNumbers;
  isUnderWay(syscall: string): boolean;
}

/**
 * The descriptors and mappings of one program. Asks to be told of the end while it has descriptors.
 */
export class OpenDescriptors {
  /** What is mapped, and how it is unmapped. */
  readonly mappings: Map<Mapping, () => void> = new Map();
  readonly #context: ProgramCalls;
  readonly #open: Set<Descriptor>;
  readonly #owned = new Map<Descriptor, OwnedDescriptor>();
  #owner: Uint8Array | undefined;
  #ready: Descriptor | undefined;
  #stopListening: (() => void) | undefined;

  constructor(context: ProgramCalls) {
    this.#context = context;
    this.#open = context.native.descriptors ?? new Set();
  }

  has(descriptor: Descriptor): boolean {
    return this.#open.has(descriptor);
  }

  /** Notes a descriptor, and marks it as this thread's. */
  add(opened: Outcome<Descriptor>): Outcome<Descriptor> {
    if (failed(opened)) return opened;
    this.mark(opened);
    this.#note(opened);
    return opened;
  }

  /** Marks a descriptor as this thread's. Giving a lease back takes the mark away. */
  mark(descriptor: Descriptor): void {
    const { calls } = this.#context;
    this.#owner ??= this.#makeOwner();
    // A kernel without these calls has no proof later, and nothing is closed then.
    calls.fcntlLock(descriptor, F_SETOWN_EX, this.#owner);
    calls.fcntlNumber(descriptor, F_SETSIG, MARK);
  }

  /** Notes a descriptor that the runtime closes itself. */
  addOwned(owned: OwnedDescriptor): void {
    this.#owned.set(owned.descriptor, owned);
    this.#note(owned.descriptor);
  }

  /** Closes a descriptor and forgets it; 0 for one that the runtime closes. */
  close(descriptor: Descriptor): number {
    const owned = this.#owned.get(descriptor);
    this.#owned.delete(descriptor);
    this.#open.delete(descriptor);
    if (this.#open.size === 0) {
      this.#stopListening?.();
      this.#stopListening = undefined;
    }
    if (owned === undefined) return this.#context.calls.close(descriptor);
    owned.close();
    return 0;
  }

  /** Whether a program that has ended opened a descriptor of this process; a yes is certain. */
  isAbandoned(descriptor: Descriptor): boolean {
    if (this.#open.has(descriptor) || !this.#looksAbandoned(descriptor)) return false;
    // Between two of these calls another thread may have closed the one that had the mark, and
    // opened another that has no owner yet. A copy stays what it is.
    const { calls } = this.#context;
    const copy = calls.fcntlNumber(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return false;
    const isAbandoned = this.#looksAbandoned(copy);
    calls.close(copy);
    return isAbandoned;
  }

  #looksAbandoned(descriptor: Descriptor): boolean {
    const { calls, native } = this.#context;
    if (calls.fcntlNumber(descriptor, F_GETSIG, 0) !== MARK) return false;
    const owner = new Uint8Array(OWNER.byteLength);
    if (calls.fcntlLock(descriptor, F_GETOWN_EX, owner) < 0) return false;
    const view = new DataView(owner.buffer);
    if (view.getInt32(OWNER.at.type, true) !== F_OWNER_TID) return false;
    const thread = view.getInt32(OWNER.at.pid, true);
    return thread === 0 || (native.descriptors !== undefined && thread === this.#thread());
  }

  /**
   * Closes descriptors of a program that has ended, and drops what would stay: locks of a copy that
   * a program being started holds for a moment, leases of a file still mapped, a thread that waits
   * for a set without end.
   *
   * @param isKept Whether they stay open: their numbers are still used.
   */
  release(descriptors: readonly Descriptor[], isKept = false): void {
    if (descriptors.length === 0) return;
    const { calls } = this.#context;
    const everything = new Uint8Array(FLOCK.byteLength);
    new DataView(everything.buffer).setInt16(FLOCK.at.type, F_UNLCK, true);
    this.#wakeWaits(descriptors);
    for (const descriptor of descriptors) {
      // Each of these fails where the descriptor has none.
      calls.fcntlLock(descriptor, F_OFD_SETLK, everything);
      calls.fcntlNumber(descriptor, F_SETLEASE, F_UNLCK);
      if (isKept) calls.fcntlNumber(descriptor, F_SETSIG, 0);
      else this.close(descriptor);
    }
  }

  /**
   * Puts something readable into each set among the descriptors, and leaves it open until the next
   * time: those that wait must find it.
   */
  #wakeWaits(descriptors: readonly Descriptor[]): void {
    const { architecture, calls } = this.#context;
    const event = new Uint8Array(EPOLL_EVENT[architecture].byteLength);
    new DataView(event.buffer).setUint32(0, EPOLLIN, true);
    const ready = calls.eventfd(1, EPOLL_CLOEXEC);
    if (ready < 0) return;
    this.mark(ready);
    this.#note(ready);
    const sets = descriptors.filter((descriptor) =>
      calls.epoll_ctl(descriptor, EPOLL_CTL_ADD, ready, event) === 0
    );
    if (sets.length === 0) return void this.close(ready);
    if (this.#ready !== undefined) this.close(this.#ready);
    this.#ready = ready;
  }

  #makeOwner(): Uint8Array {
    const owner = new Uint8Array(OWNER.byteLength);
    const view = new DataView(owner.buffer);
    view.setInt32(OWNER.at.type, F_OWNER_TID, true);
    view.setInt32(OWNER.at.pid, this.#thread(), true);
    return owner;
  }

  #thread(): number {
    const { calls, numbers } = this.#context;
    return calls.gettid(numbers.gettid);
  }

  #note(descriptor: Descriptor): void {
    this.#open.add(descriptor);
    this.#stopListening ??= this.#context.native.onEnd?.(() => this.#end());
  }

  /**
   * Lets go of everything at once: waiting for a disk may never end. Committed bytes are in the
   * page cache.
   */
  #end(): void {
    const context = this.#context;
    const isSyncing = context.isUnderWay("msync") || context.isUnderWay("madvise");
    for (const [mapping, unmap] of this.mappings) {
      if (isSyncing) ProcessMemory.detach(mapping);
      else unmap();
    }
    // Their numbers stay taken, lest another thread writes to a file that is opened now.
    const isWriting = WRITING.some((syscall) => context.isUnderWay(syscall));
    this.release([...this.#open], isWriting);
    disable(context.calls);
  }
}

/**
 * Makes all calls fail in code of the program that still runs: its numbers are other files by now.
 */
function disable(calls: RawCalls): void {
  const table: Record<string, unknown> = { ...calls };
  for (const [name, { result, async }] of Object.entries<LibcSymbol>(LIBC_SYMBOLS)) {
    if (KEPT.includes(name)) continue;
    const failure = result === "address" ? MAP_FAILED : -1;
    table[name] = async ? () => Promise.resolve(failure) : () => failure;
  }
  Object.assign(calls, table);
}
