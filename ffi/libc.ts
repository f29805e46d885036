/**
 * The operating system as this library sees it: the calls of libc it needs, and their contracts.
 *
 * This is the one seam. The back ends of the runtimes stand behind it, and so does the simulator
 * that the tests use. Nothing here knows what a message is.
 *
 * Rules for all calls: a failure is an {@linkcode Errno} value, never an exception (wrong arguments
 * of ours are exceptions). `EINTR` is retried inside and never seen. Every descriptor is made with
 * `O_CLOEXEC`. Paths are relative to a directory descriptor unless the contract says otherwise; a NUL or a
 * lone surrogate in a path gives `EINVAL`. Calls that end in `Async` run on another thread: they leave the event loop free, their
 * buffers must not be touched until they settle, they never reject, and their errno is lost
 * (`code` is `"EUNKNOWN"`).
 *
 * @module
 */
import type { Outcome } from "./errno.ts";
import type { LinuxConstants } from "./linux.ts";
import type { Mapping } from "./mapping.ts";

/** A file descriptor. */
export type Descriptor = number;

/** What kind of thing a path or a descriptor names. */
export type FileKind =
  | "file"
  | "directory"
  | "link"
  | "fifo"
  | "socket"
  | "character"
  | "block"
  | "unknown";

/** What `statx` tells of a file. */
export interface FileStatus {
  /** What it is. */
  readonly kind: FileKind;
  /** Permission bits, `0o777` and the set-id and sticky bits. */
  readonly mode: number;
  /** Number of names; 0 means it was unlinked. */
  readonly linkCount: number;
  /** Owner. */
  readonly userId: number;
  /** Group. */
  readonly groupId: number;
  /** Length in bytes. */
  readonly byteLength: number;
  /** Bytes that are allocated on the device; less than `byteLength` for a sparse file. */
  readonly allocatedByteLength: number;
  /** Time of the last modification, ms since epoch. */
  readonly modifiedMs: number;
  /** Device number, major and minor combined. */
  readonly device: number;
  /** Inode number, upper 32 bits. */
  readonly inodeHigh: number;
  /** Inode number, lower 32 bits. */
  readonly inodeLow: number;
  /**
   * The mount's unique id as 16 hexadecimal digits (never used again until the next boot), or `""`
   * where the kernel has none (before Linux 6.8).
   */
  readonly mountId: string;
}

/** What `fstatfs` tells of a file system. */
export interface FileSystemStatus {
  /** Magic number of its type, for example `0xef53` for ext4. */
  readonly type: number;
  /** Its name where it is known, for example `"ext4"`, `"tmpfs"`, `"overlay"`; else `"unknown"`. */
  readonly name: string;
  /** Bytes in all. */
  readonly totalByteLength: number;
  /** Bytes free for an ordinary user. */
  readonly availableByteLength: number;
}

/** One name in a directory. */
export interface DirectoryEntry {
  /** The name, without its directory. */
  readonly name: string;
  /** What it names; `"unknown"` where the file system does not say. */
  readonly kind: FileKind;
}

/** How a path may be resolved; see openat2(2). */
export interface OpenHow {
  /** `O_*` bits of {@linkcode LinuxConstants}. `O_CLOEXEC` is added. */
  readonly flags: number;
  /** Permission bits for a file that is made; only with `O_CREAT`. */
  readonly mode?: number;
  /** `RESOLVE_*` bits; 0 when left out. */
  readonly resolve?: number;
}

/** How memory is mapped. */
export interface MapHow {
  /** Whether stores are allowed; needs a descriptor open for reading and writing. */
  readonly write: boolean;
  /** Byte offset in the file, a multiple of the page length; 0 when left out. */
  readonly offset?: number;
}

/** What keeps this process alive when a file that it has mapped is cut. */
export interface MappingGuard {
  /** Whether the kernel would ask it: it is installed, and not replaced by a handler that is none of ours. */
  stands(): boolean;
  /**
   * How often an access met a lost page of a mapping. From the first time on what is read may be zeros, and what is stored may
   * reach no file, whatever `msync` says. Look after each access.
   */
  faultCount(mapping: Mapping): number;
}

/** Kind of a lock or a lease. */
export type LockKind = "read" | "write" | "none";

/**
 * Who owns a record lock: the open file description (Linux's OFD locks) or the process (POSIX locks,
 * which Java takes). The two exclude each other.
 */
export type LockOwner = "description" | "process";

/** A lock that stands in the way of another. */
export interface LockHolder {
  /** Kind of the lock that is held. */
  readonly kind: LockKind;
  /** Process id of the holder; -1 for an OFD lock. */
  readonly processId: number;
}

/** Resource use of this process so far. */
export interface ResourceUsage {
  /** Page faults on what was in the page cache already. */
  readonly minorFaults: number;
  /** Page faults on what was not in the page cache, even where nothing had to be read. */
  readonly majorFaults: number;
  /** Time in user mode, microseconds. */
  readonly userMicros: number;
  /** Time in the kernel, microseconds. */
  readonly systemMicros: number;
  /** Greatest resident set so far, bytes. */
  readonly maxResidentByteLength: number;
}

/** A limit of this process. `Infinity` means there is none. */
export interface ResourceLimit {
  /** What is enforced. */
  readonly soft: number;
  /** How far the soft one may be raised. */
  readonly hard: number;
}

/** Why the runtime's own permission system forbids an access. */
export interface PermissionDenial {
  /** The flag that would allow it, ready to paste: `--allow-read=/data`. */
  readonly remedy: string;
}

/** The calls of libc that the store needs. One object a program of the process; it knows what that has open, and nothing else. */
export interface Libc {
  /** The runtime and its version, for people: `"Deno 2.9.6"`. */
  readonly runtime: string;
  /** Numbers of this platform's `O_*`, `RESOLVE_*`, `MADV_*` and the like. */
  readonly constants: LinuxConstants;
  /** Length of a page in bytes. */
  readonly pageByteLength: number;
  /** Watches over all that {@linkcode mmap} maps; `undefined` where a lost page ends the process. */
  readonly guard: MappingGuard | undefined;

  /**
   * Asks the runtime (Deno's and Node's permissions) whether `path`, absolute, may be accessed.
   * FFI would go round it, so whoever opens a root must ask first. Never prompts.
   */
  denied(access: "read" | "write", path: string): PermissionDenial | undefined;
  /** The kernel's boot id, 32 hexadecimal digits; another one after each boot. */
  bootId(): Outcome<string>;
  /** Id of this process. */
  processId(): number;
  /** When a process was started, in the kernel's own words; equal ids with equal words are one process. `ENOENT` if it is gone. */
  processStart(processId: number): Outcome<string>;
  /** Effective user id of this process. */
  effectiveUserId(): number;
  /** Limits: greatest file length in bytes, number of descriptors. */
  resourceLimit(resource: "fileByteLength" | "descriptors"): Outcome<ResourceLimit>;
  /** `getrusage(RUSAGE_SELF)`. */
  getrusage(): Outcome<ResourceUsage>;

  /**
   * Opens an absolute path (else `EINVAL`), following links. Only for the root of a store. May block on a FIFO
   * unless `O_NONBLOCK`.
   */
  open(path: string, how: OpenHow): Outcome<Descriptor>;
  /**
   * Opens `path` below `directory` (openat2). With `RESOLVE_BENEATH` a path that leads out fails with `EXDEV`,
   * with `RESOLVE_NO_SYMLINKS` a link fails with `ELOOP`. `O_NONBLOCK` keeps a FIFO or a leased file from
   * blocking. Durable only after `fsync` of the directory when it creates.
   */
  openat2(directory: Descriptor, path: string, how: OpenHow): Outcome<Descriptor>;
  /** Closes. The descriptor is gone even if it fails. Drops this process's POSIX locks on the file. */
  close(descriptor: Descriptor): Outcome;
  /**
   * Opens a file, which is open for reading and writing, again by its absolute path, such that the runtime closes it when the program ends,
   * however it ends. Closes `descriptor` then; gives it back where the runtime has no such thing, or where the path names another file.
   */
  reopen(descriptor: Descriptor, path: string): Descriptor;
  /**
   * Closes all descriptors of this process that this library has opened in programs that have ended: Workers, test files, runs before a
   * reload. Nothing is closed of which that is not certain.
   */
  closeAbandoned(): void;
  /**
   * Who in this process holds the lock on the first byte that stands in the way of `descriptor`: this program, or another part of the process;
   * `undefined` if nobody in it.
   */
  lockHolderHere(descriptor: Descriptor): "program" | "process" | undefined;
  /** Status of an open file. */
  fstat(descriptor: Descriptor): Outcome<FileStatus>;
  /** Status of `path` below `directory`; does not follow a link at its end. `""` means the directory itself. */
  statx(directory: Descriptor, path: string): Outcome<FileStatus>;
  /** The file system that holds an open file. */
  fstatfs(descriptor: Descriptor): Outcome<FileSystemStatus>;
  /** Sets the permission bits of an open file, whatever the umask. */
  fchmod(descriptor: Descriptor, mode: number): Outcome;
  /** Gives an open file to another owner and group; `EPERM` unless this process is root. */
  fchown(descriptor: Descriptor, userId: number, groupId: number): Outcome;
  /** Makes a directory. Durable only after `fsync` of its parent. */
  mkdirat(directory: Descriptor, path: string, mode: number): Outcome;
  /**
   * Renames atomically. Durable only after `fsync` of both directories. With `noReplace`, `EEXIST` where
   * the new name is taken; else what was there loses its name.
   */
  renameat(
    oldDirectory: Descriptor,
    oldPath: string,
    newDirectory: Descriptor,
    newPath: string,
    options?: { noReplace?: boolean },
  ): Outcome;
  /** Removes a name of a file. Mappings and descriptors of it stay valid. Durable only after `fsync` of its directory. */
  unlinkat(directory: Descriptor, path: string): Outcome;
  /** Removes an empty directory. */
  rmdirat(directory: Descriptor, path: string): Outcome;
  /** All names in an open directory except `.` and `..`, in no order. Starts over at each call. */
  readDirectory(descriptor: Descriptor): Outcome<DirectoryEntry[]>;

  /**
   * Allocates blocks for `[offset, offset + byteLength)`, growing the file. `ENOSPC` may leave part of it
   * allocated (ext4): give it back. `mode` is `FALLOC_FL_*` or 0. Allocated blocks are a promise: later
   * stores and syncs do not fail for want of space.
   */
  fallocate(
    descriptor: Descriptor,
    mode: number,
    offset: number,
    byteLength: number,
  ): Outcome;
  /** {@linkcode fallocate} on another thread. */
  fallocateAsync(
    descriptor: Descriptor,
    mode: number,
    offset: number,
    byteLength: number,
  ): Promise<Outcome>;
  /** Sets the length; grows sparse. Never on a file that is mapped: its readers would die of SIGBUS. */
  ftruncate(descriptor: Descriptor, byteLength: number): Outcome;
  /** Reads at `position` into `target`; gives how many bytes, fewer at the end of the file. Blocks on the device. */
  pread(descriptor: Descriptor, target: Uint8Array, position: number): Outcome;
  /**
   * Writes `source` at `position`; gives how many bytes, possibly fewer. What it wrote survives this process
   * (page cache) and is seen at once through every mapping of the file, but not durable.
   */
  pwrite(descriptor: Descriptor, source: Uint8Array, position: number): Outcome;
  /** {@linkcode pwrite} on another thread. */
  pwriteAsync(descriptor: Descriptor, source: Uint8Array, position: number): Promise<Outcome>;
  /** Reads from the descriptor's own position; for inotify and pipes. `EAGAIN` when there is nothing. */
  read(descriptor: Descriptor, target: Uint8Array): Outcome;
  /** Makes a file's data and metadata durable, or a directory's entries. Blocks on the device. */
  fsync(descriptor: Descriptor): Outcome;
  /** {@linkcode fsync} on another thread. */
  fsyncAsync(descriptor: Descriptor): Promise<Outcome>;
  /**
   * Makes a file's data durable, stores through mappings included. A failure is told once and the pages
   * become clean: calling it again proves nothing.
   */
  fdatasync(descriptor: Descriptor): Outcome;
  /** {@linkcode fdatasync} on another thread. */
  fdatasyncAsync(descriptor: Descriptor): Promise<Outcome>;
  /** Copies from a file at `position` to `target`'s own position inside the kernel; gives how many bytes. */
  sendfile(
    target: Descriptor,
    source: Descriptor,
    position: number,
    byteLength: number,
  ): Outcome;
  /** {@linkcode sendfile} on another thread. */
  sendfileAsync(
    target: Descriptor,
    source: Descriptor,
    position: number,
    byteLength: number,
  ): Promise<Outcome>;

  /**
   * Takes, changes or (`"none"`) drops a record lock without waiting; `EAGAIN` or `EACCES` if another owner
   * has it. A write lock needs a descriptor open for writing.
   */
  lockRange(
    descriptor: Descriptor,
    kind: LockKind,
    start: number,
    byteLength: number,
    owner: LockOwner,
  ): Outcome;
  /** Who stands in the way of such a lock; `undefined` if nobody. Takes nothing. */
  queryLock(
    descriptor: Descriptor,
    kind: LockKind,
    start: number,
    byteLength: number,
    owner: LockOwner,
  ): Outcome<LockHolder | undefined>;
  /** Takes or drops a lease (`F_SETLEASE`); `EAGAIN` while somebody has the file open for writing. */
  setLease(descriptor: Descriptor, kind: LockKind): Outcome;
  /** What the lease is to become: `"none"` while a break is pending, or when there is none. */
  getLease(descriptor: Descriptor): Outcome<LockKind>;
  /** Which signal announces a break of this descriptor's lease (`F_SETSIG`). */
  setLeaseSignal(descriptor: Descriptor, signal: number): Outcome;

  /**
   * Maps `byteLength` bytes of a file, shared. The descriptor may be closed afterwards. Where the runtime gives no
   * views over memory (Deno's `--allow-ffi` with a path), every access copies: same answers, at the cost of a call.
   */
  mmap(descriptor: Descriptor, byteLength: number, how: MapHow): Outcome<Mapping>;
  /** Detaches every view, then unmaps. The mapping's length is 0 afterwards. Stores in it are not lost. */
  munmap(mapping: Mapping): Outcome;
  /**
   * Makes a range durable (`MS_SYNC`); offsets are rounded out to pages. The same rule of failure as
   * {@linkcode fdatasync}. Gives 0 for a range that was truncated away: check the file's length too.
   */
  msync(mapping: Mapping, offset: number, byteLength: number): Outcome;
  /** {@linkcode msync} on another thread. */
  msyncAsync(mapping: Mapping, offset: number, byteLength: number): Promise<Outcome>;
  /** Advises about a range, `MADV_*`. `MADV_POPULATE_WRITE` gives `EFAULT` where a store would be SIGBUS. */
  madvise(mapping: Mapping, offset: number, byteLength: number, advice: number): Outcome;
  /** {@linkcode madvise} on another thread. The mapping must stay until it has settled. */
  madviseAsync(
    mapping: Mapping,
    offset: number,
    byteLength: number,
    advice: number,
  ): Promise<Outcome>;
  /** Keeps a range in memory; `ENOMEM` or `EPERM` beyond the limit. */
  mlock(mapping: Mapping, offset: number, byteLength: number): Outcome;
  /** One byte a page: bit 0 set if it is in the page cache. */
  mincore(mapping: Mapping, offset: number, byteLength: number): Outcome<Uint8Array>;

  /** Makes an inotify queue, non-blocking. */
  inotifyInit(): Outcome<Descriptor>;
  /** Watches an open file or directory for the `IN_*` events of `mask`; gives the watch's number. */
  inotifyAdd(inotify: Descriptor, watched: Descriptor, mask: number): Outcome;
  /** Ends a watch. It queues an event of its own, so that a poll on the queue ends too. */
  inotifyRemove(inotify: Descriptor, watch: number): Outcome;
  /**
   * Waits until the descriptor can be read; 0 after `timeoutMs`, else 1. `Infinity` waits for ever; signals
   * do not end the wait. All that wait for ever share one thread at most; any other wait holds one.
   */
  pollAsync(descriptor: Descriptor, timeoutMs: number): Promise<Outcome>;
}
