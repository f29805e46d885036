/**
 * The operating system as this library sees it: the calls of libc it needs, and their contracts.
 * The back ends of the runtimes stand behind this seam, and so does the simulator of the tests.
 *
 * Rules for all calls: a failure is an {@linkcode Errno} value, never an exception (wrong arguments
 * of ours are exceptions). `EINTR` is retried inside. Every descriptor is made with `O_CLOEXEC`.
 * Paths are relative to a directory descriptor unless the contract says otherwise; a NUL or a lone
 * surrogate gives `EINVAL`. Calls that end in `Async` run on another thread: they leave the event
 * loop free, their buffers must not be touched until they settle, they never reject, and their
 * errno is lost (`code` is `"EUNKNOWN"`).
 *
 * @module
 */
import type { Outcome } from "./errno.ts";
import type { LinuxConstants } from "./linux.ts";
import type { Mapping } from "./mapping.ts";

/** A file descriptor. */
export type Descriptor = number;

export type FileKind =
  | "file"
  | "directory"
  | "link"
  | "fifo"
  | "socket"
  | "character"
  | "block"
  | "unknown";

export interface FileStatus {
  readonly kind: FileKind;
  /** Permission bits: `0o777`, the set-id and sticky bits. */
  readonly mode: number;
  /** Number of names; 0 means it was unlinked. */
  readonly linkCount: number;
  readonly userId: number;
  readonly groupId: number;
  readonly byteLength: number;
  /** Allocated on the device; less than `byteLength` for a sparse file. */
  readonly allocatedByteLength: number;
  /** Last modification, ms since epoch; NaN where times were not asked for. */
  readonly modifiedMs: number;
  /** Major and minor combined. */
  readonly device: number;
  /** Inode number, upper 32 bits. */
  readonly inodeHigh: number;
  /** Inode number, lower 32 bits. */
  readonly inodeLow: number;
  /**
   * The mount's unique id (16 hexadecimal digits, not reused until the next boot); `""` before
   * Linux 6.8.
   */
  readonly mountId: string;
}

/**
 * What to ask of a file. From Linux 6.13 on the next write to a file whose times were asked for
 * gives it exact ones, which is an entry in the journal of most file systems.
 */
export interface StatusHow {
  readonly times: boolean;
}

export interface FileSystemStatus {
  /** Magic number, for example `0xef53` for ext4. */
  readonly type: number;
  /** For example `"ext4"`, `"tmpfs"`, `"overlay"`; else `"unknown"`. */
  readonly name: string;
  readonly totalByteLength: number;
  /** Free for an ordinary user. */
  readonly availableByteLength: number;
}

export interface DirectoryEntry {
  /** Without its directory. */
  readonly name: string;
  /** `"unknown"` where the file system does not say. */
  readonly kind: FileKind;
}

/** How a path may be resolved; see openat2(2). */
export interface OpenHow {
  /** `O_*` bits of {@linkcode LinuxConstants}. `O_CLOEXEC` is added. */
  readonly flags: number;
  /** Permission bits of a new file; only with `O_CREAT`. */
  readonly mode?: number;
  /** `RESOLVE_*` bits; 0 when left out. */
  readonly resolve?: number;
}

export interface MapHow {
  /** Needs a descriptor open for reading and writing. */
  readonly write: boolean;
  /** In the file, a multiple of the page length; 0 when left out. */
  readonly offset?: number;
}

/** Keeps this process alive when a file that it has mapped is cut. */
export interface MappingGuard {
  /** Whether the kernel would ask it: it is installed, and not replaced by another handler. */
  stands(): boolean;
  /**
   * How often an access met a lost page of a mapping. From the first time on, reads may give zeros
   * and stores may reach no file, whatever `msync` says. Look after each access.
   */
  faultCount(mapping: Mapping): number;
}

export type LockKind = "read" | "write" | "none";

/**
 * Owner of a record lock: the open file description (Linux's OFD locks) or the process (POSIX
 * locks, which Java takes). The two exclude each other.
 */
export type LockOwner = "description" | "process";

/** A lock that stands in the way of another. */
export interface LockHolder {
  readonly kind: LockKind;
  /** -1 for an OFD lock. */
  readonly processId: number;
}

export interface ResourceUsage {
  /** Page faults served from the page cache. */
  readonly minorFaults: number;
  /** Page faults outside the page cache, even where nothing had to be read. */
  readonly majorFaults: number;
}

/** A limit of this process; `Infinity` for no limit. */
export interface ResourceLimit {
  readonly soft: number;
  /** How far the soft one may be raised. */
  readonly hard: number;
}

export interface PermissionDenial {
  /** The flag that would allow it, ready to paste: `--allow-read=/data`. */
  readonly remedy: string;
}

/**
 * The calls of libc that the store needs. One object for each program of the process; it knows only
 * what that has open.
 */
export interface Libc {
  /** With its version, for people: `"Deno 2.9.6"`. */
  readonly runtime: string;
  /** Numbers of this platform's `O_*`, `RESOLVE_*`, `MADV_*` and the like. */
  readonly constants: LinuxConstants;
  readonly pageByteLength: number;
  /** Watches what {@linkcode mmap} maps; `undefined` where a lost page ends the process. */
  readonly guard: MappingGuard | undefined;

  /**
   * Asks the runtime (Deno's and Node's permissions) whether `path`, absolute, may be accessed;
   * never prompts. FFI goes round permissions, so ask before opening a root.
   */
  denied(access: "read" | "write", path: string): PermissionDenial | undefined;
  /** The kernel's boot id, 32 hexadecimal digits; another one after each boot. */
  bootId(): Outcome<string>;
  processId(): number;
  /**
   * When a process was started, in the kernel's words; equal ids with equal words are one process.
   * `ENOENT` if it is gone.
   */
  processStart(processId: number): Outcome<string>;
  effectiveUserId(): number;
  /** Limits: greatest file length in bytes, number of descriptors. */
  resourceLimit(resource: "fileByteLength" | "descriptors"): Outcome<ResourceLimit>;
  /** `getrusage(RUSAGE_SELF)`. */
  getrusage(): Outcome<ResourceUsage>;

  /**
   * Opens an absolute path (else `EINVAL`), following links; only for the root of a store. May
   * block on a FIFO unless `O_NONBLOCK`.
   */
  open(path: string, how: OpenHow): Outcome<Descriptor>;
  /**
   * Opens `path` below `directory` (openat2). `RESOLVE_BENEATH`: a path that leads out fails with
   * `EXDEV`; `RESOLVE_NO_SYMLINKS`: a link fails with `ELOOP`. `O_NONBLOCK` keeps a FIFO or a
   * leased file from blocking. When it creates, durable only after `fsync` of the directory.
   */
  openat2(directory: Descriptor, path: string, how: OpenHow): Outcome<Descriptor>;
  /** Closes, even if it fails. Drops this process's POSIX locks on the file. */
  close(descriptor: Descriptor): Outcome;
  /**
   * Opens a file that is open for reading and writing again by its absolute path, such that the
   * runtime closes it however the program ends. Then closes `descriptor`; gives it back if the
   * runtime cannot, or the path names another file.
   */
  reopen(descriptor: Descriptor, path: string): Descriptor;
  /**
   * Closes the descriptors that this library opened in programs of this process that have ended:
   * Workers, test files, runs before a reload. Closes none in doubt.
   */
  closeAbandoned(): void;
  /**
   * Which part of this process holds the lock on the first byte that stands in the way of
   * `descriptor`; `undefined` if another process, or no lock.
   */
  lockHolderHere(descriptor: Descriptor): "program" | "process" | undefined;
  /** Status of an open file, with its times unless told otherwise. */
  fstat(descriptor: Descriptor, how?: StatusHow): Outcome<FileStatus>;
  /**
   * Status of `path` below `directory`, not following a link at its end. `""` is the directory
   * itself. With its times unless told otherwise.
   */
  statx(directory: Descriptor, path: string, how?: StatusHow): Outcome<FileStatus>;
  /** The file system that holds an open file. */
  fstatfs(descriptor: Descriptor): Outcome<FileSystemStatus>;
  /** Sets the permission bits of an open file, whatever the umask. */
  fchmod(descriptor: Descriptor, mode: number): Outcome;
  /** Changes owner and group of an open file; `EPERM` unless this process is root. */
  fchown(descriptor: Descriptor, userId: number, groupId: number): Outcome;
  /** Makes a directory. Durable only after `fsync` of its parent. */
  mkdirat(directory: Descriptor, path: string, mode: number): Outcome;
  /**
   * Renames atomically. Durable only after `fsync` of both directories. With `noReplace`, `EEXIST`
   * if the new name is taken; else the old file of that name loses it.
   */
  renameat(
    oldDirectory: Descriptor,
    oldPath: string,
    newDirectory: Descriptor,
    newPath: string,
    options?: { noReplace?: boolean },
  ): Outcome;
  /**
   * Removes a name of a file. Its mappings and descriptors stay valid. Durable only after `fsync`
   * of its directory.
   */
  unlinkat(directory: Descriptor, path: string): Outcome;
  /** Removes an empty directory. */
  rmdirat(directory: Descriptor, path: string): Outcome;
  /** All names in an open directory except `.` and `..`, unordered. Starts over at each call. */
  readDirectory(descriptor: Descriptor): Outcome<DirectoryEntry[]>;

  /**
   * Allocates blocks for `[offset, offset + byteLength)`, growing the file. `ENOSPC` may leave part
   * of it allocated (ext4): give it back. `mode` is `FALLOC_FL_*` or 0. Later stores and syncs in
   * allocated blocks do not fail for want of space.
   */
  fallocate(
    descriptor: Descriptor,
    mode: number,
    offset: number,
    byteLength: number,
  ): Outcome;
  /** {@linkcode fallocate} on another thread. */
  fallocateAsync(...call: Parameters<Libc["fallocate"]>): Promise<Outcome>;
  /** Says how an open file will be read, `POSIX_FADV_*`; a length of 0 is all of the rest. */
  fadvise(descriptor: Descriptor, position: number, byteLength: number, advice: number): Outcome;
  /** Sets the length; grows sparse. Never on a mapped file: its readers would die of SIGBUS. */
  ftruncate(descriptor: Descriptor, byteLength: number): Outcome;
  /**
   * Reads at `position` into `target`; gives how many bytes, fewer at the end of the file. Blocks.
   */
  pread(descriptor: Descriptor, target: Uint8Array, position: number): Outcome;
  /**
   * Writes `source` at `position`; gives how many bytes, possibly fewer. They survive this process
   * (page cache) and are seen at once through every mapping of the file, but are not durable.
   */
  pwrite(descriptor: Descriptor, source: Uint8Array, position: number): Outcome;
  /** {@linkcode pwrite} on another thread. */
  pwriteAsync(descriptor: Descriptor, source: Uint8Array, position: number): Promise<Outcome>;
  /**
   * Finds the first byte at or after `position` that lies in data, or in a hole; the end of the
   * file counts as a hole. `ENXIO` behind the end, and where no data follows. What reads as zeros
   * because nothing was ever stored there may be a hole; a file system that does not know says that
   * all is data. Moves the descriptor's own position.
   */
  seek(descriptor: Descriptor, position: number, to: "data" | "hole"): Outcome;
  /** Reads from the descriptor's own position; for inotify and pipes. `EAGAIN` if empty. */
  read(descriptor: Descriptor, target: Uint8Array): Outcome;
  /** Makes a file's data and metadata durable, or a directory's entries. Blocks on the device. */
  fsync(descriptor: Descriptor): Outcome;
  /** {@linkcode fsync} on another thread. */
  fsyncAsync(descriptor: Descriptor): Promise<Outcome>;
  /**
   * Makes a file's data durable, stores through mappings included. A failure is told once and the
   * pages become clean: calling it again proves nothing.
   */
  fdatasync(descriptor: Descriptor): Outcome;
  /** {@linkcode fdatasync} on another thread. */
  fdatasyncAsync(descriptor: Descriptor): Promise<Outcome>;
  /**
   * Copies from a file at `position` to `target`'s own position inside the kernel; gives how many
   * bytes.
   */
  sendfile(
    target: Descriptor,
    source: Descriptor,
    position: number,
    byteLength: number,
  ): Outcome;
  /** {@linkcode sendfile} on another thread. */
  sendfileAsync(...call: Parameters<Libc["sendfile"]>): Promise<Outcome>;

  /**
   * Takes, changes or (`"none"`) drops a record lock without waiting; `EAGAIN` or `EACCES` if
   * another owner has it. A write lock needs a descriptor open for writing.
   */
  lockRange(
    descriptor: Descriptor,
    kind: LockKind,
    start: number,
    byteLength: number,
    owner: LockOwner,
  ): Outcome;
  /** Who stands in the way of such a lock, if any; takes nothing. */
  queryLock(...lock: Parameters<Libc["lockRange"]>): Outcome<LockHolder | undefined>;
  /** Takes or drops a lease (`F_SETLEASE`); `EAGAIN` while the file is open for writing. */
  setLease(descriptor: Descriptor, kind: LockKind): Outcome;
  /** What the lease is to become: `"none"` while a break is pending, or without a lease. */
  getLease(descriptor: Descriptor): Outcome<LockKind>;
  /** Which signal announces a break of this descriptor's lease (`F_SETSIG`). */
  setLeaseSignal(descriptor: Descriptor, signal: number): Outcome;

  /**
   * Maps `byteLength` bytes of a file, shared. The descriptor may be closed afterwards. Where the
   * runtime gives no views over memory (Deno's `--allow-ffi` with a path), every access copies.
   */
  mmap(descriptor: Descriptor, byteLength: number, how: MapHow): Outcome<Mapping>;
  /** Detaches every view, then unmaps; the mapping's length becomes 0. Its stores are not lost. */
  munmap(mapping: Mapping): Outcome;
  /**
   * Makes a range durable (`MS_SYNC`), rounded out to pages. Fails as {@linkcode fdatasync} does.
   * Gives 0 for a range that was truncated away: check the file's length too.
   */
  msync(mapping: Mapping, offset: number, byteLength: number): Outcome;
  /** {@linkcode msync} on another thread. */
  msyncAsync(mapping: Mapping, offset: number, byteLength: number): Promise<Outcome>;
  /**
   * Advises about a range, `MADV_*`. `MADV_POPULATE_WRITE` gives `EFAULT` where a store would be
   * SIGBUS.
   */
  madvise(mapping: Mapping, offset: number, byteLength: number, advice: number): Outcome;
  /** {@linkcode madvise} on another thread. The mapping must stay until it has settled. */
  madviseAsync(...call: Parameters<Libc["madvise"]>): Promise<Outcome>;
  /** Keeps a range in memory; `ENOMEM` or `EPERM` beyond the limit. */
  mlock(mapping: Mapping, offset: number, byteLength: number): Outcome;
  /** One byte a page: bit 0 set if it is in the page cache. */
  mincore(mapping: Mapping, offset: number, byteLength: number): Outcome<Uint8Array>;

  /** Makes an inotify queue, non-blocking. */
  inotifyInit(): Outcome<Descriptor>;
  /**
   * Watches an open file or directory for the `IN_*` events of `mask`; gives the watch's number.
   */
  inotifyAdd(inotify: Descriptor, watched: Descriptor, mask: number): Outcome;
  /** Ends a watch. It queues an event of its own, so that a poll on the queue ends too. */
  inotifyRemove(inotify: Descriptor, watch: number): Outcome;
  /**
   * Waits until the descriptor can be read; 0 after `timeoutMs`, else 1. Signals do not end the
   * wait. All waits of `Infinity` share one thread at most; any other wait holds one.
   */
  pollAsync(descriptor: Descriptor, timeoutMs: number): Promise<Outcome>;
}
