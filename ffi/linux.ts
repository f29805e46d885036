/**
 * Linux's numbers: the flags that callers of {@linkcode Libc} pass, and how they differ from one
 * processor to another.
 *
 * What only the calls themselves need (system call numbers, commands of `fcntl`) is in
 * `linux_abi.ts`.
 *
 * @module
 */

/** A processor whose tables are known. Both are 64-bit and little-endian. */
export type Architecture = "x86-64" | "arm64";

/** Flags of one platform, named as in the C headers. */
export interface LinuxConstants {
  /** Open for reading only. */
  readonly O_RDONLY: number;
  /** Open for writing only. */
  readonly O_WRONLY: number;
  /** Open for reading and writing. */
  readonly O_RDWR: number;
  /** Make the file if it is not there. */
  readonly O_CREAT: number;
  /** With `O_CREAT`: fail with `EEXIST` if the name is taken. */
  readonly O_EXCL: number;
  /** Cut the file to length 0. Breaks no lease when combined with `O_RDONLY`. */
  readonly O_TRUNC: number;
  /** Every write goes to the end, whatever position is asked for. */
  readonly O_APPEND: number;
  /** Do not wait: not for a FIFO's other end, not for a lease to be released. */
  readonly O_NONBLOCK: number;
  /** Fail with `ENOTDIR` unless it is a directory. */
  readonly O_DIRECTORY: number;
  /** Fail with `ELOOP` if the last part of the path is a link. */
  readonly O_NOFOLLOW: number;
  /** Not inherited by a program that is started. */
  readonly O_CLOEXEC: number;
  /** A descriptor that names a file without opening it. */
  readonly O_PATH: number;

  /** `openat2`: do not cross into another mount. */
  readonly RESOLVE_NO_XDEV: number;
  /** `openat2`: do not follow the links of `/proc` that jump. */
  readonly RESOLVE_NO_MAGICLINKS: number;
  /** `openat2`: follow no link at all; `ELOOP`. */
  readonly RESOLVE_NO_SYMLINKS: number;
  /** `openat2`: stay below the directory; `EXDEV`. */
  readonly RESOLVE_BENEATH: number;

  /** `fallocate`: leave the file's length alone. */
  readonly FALLOC_FL_KEEP_SIZE: number;
  /** `fallocate`: give the blocks back; the range reads as zeros. */
  readonly FALLOC_FL_PUNCH_HOLE: number;
  /** `fallocate`: make the range zero and keep its blocks; `EOPNOTSUPP` on tmpfs. */
  readonly FALLOC_FL_ZERO_RANGE: number;

  /** `madvise`: no special treatment. */
  readonly MADV_NORMAL: number;
  /** `madvise`: expect accesses in no order; do not read ahead. */
  readonly MADV_RANDOM: number;
  /** `madvise`: expect accesses in order; read far ahead. */
  readonly MADV_SEQUENTIAL: number;
  /** `madvise`: read it soon. */
  readonly MADV_WILLNEED: number;
  /** `madvise`: not needed for now; a shared mapping reads the file again. */
  readonly MADV_DONTNEED: number;
  /** `madvise`: a forked child does not get it. */
  readonly MADV_DONTFORK: number;
  /** `madvise`: not part of a core dump. */
  readonly MADV_DONTDUMP: number;
  /** `madvise`: map every page for reading now. */
  readonly MADV_POPULATE_READ: number;
  /** `madvise`: map every page for writing now. */
  readonly MADV_POPULATE_WRITE: number;

  /** Urgent data; ignored unless somebody listens. */
  readonly SIGURG: number;
  /** Input or output is possible; kills unless somebody listens. */
  readonly SIGIO: number;

  /** inotify: the contents changed (not by a store through a mapping). */
  readonly IN_MODIFY: number;
  /** inotify: mode, owner, times or number of names changed. */
  readonly IN_ATTRIB: number;
  /** inotify: a descriptor that was open for writing was closed. */
  readonly IN_CLOSE_WRITE: number;
  /** inotify: a name left the directory by a rename. */
  readonly IN_MOVED_FROM: number;
  /** inotify: a name came into the directory by a rename. */
  readonly IN_MOVED_TO: number;
  /** inotify: a name was made in the directory. */
  readonly IN_CREATE: number;
  /** inotify: a name was removed from the directory. */
  readonly IN_DELETE: number;
  /** inotify: the watched thing itself was deleted. */
  readonly IN_DELETE_SELF: number;
  /** inotify: the watched thing itself was renamed. */
  readonly IN_MOVE_SELF: number;
  /** inotify: events were lost. */
  readonly IN_Q_OVERFLOW: number;
  /** inotify: the watch ended. */
  readonly IN_IGNORED: number;
}

type PerArchitecture = "O_DIRECTORY" | "O_NOFOLLOW";

const COMMON: Omit<LinuxConstants, PerArchitecture> = {
  O_RDONLY: 0,
  O_WRONLY: 0o1,
  O_RDWR: 0o2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_CLOEXEC: 0o2000000,
  O_PATH: 0o10000000,

  RESOLVE_NO_XDEV: 0x1,
  RESOLVE_NO_MAGICLINKS: 0x2,
  RESOLVE_NO_SYMLINKS: 0x4,
  RESOLVE_BENEATH: 0x8,

  FALLOC_FL_KEEP_SIZE: 0x1,
  FALLOC_FL_PUNCH_HOLE: 0x2,
  FALLOC_FL_ZERO_RANGE: 0x10,

  MADV_NORMAL: 0,
  MADV_RANDOM: 1,
  MADV_SEQUENTIAL: 2,
  MADV_WILLNEED: 3,
  MADV_DONTNEED: 4,
  MADV_DONTFORK: 10,
  MADV_DONTDUMP: 16,
  MADV_POPULATE_READ: 22,
  MADV_POPULATE_WRITE: 23,

  SIGURG: 23,
  SIGIO: 29,

  IN_MODIFY: 0x2,
  IN_ATTRIB: 0x4,
  IN_CLOSE_WRITE: 0x8,
  IN_MOVED_FROM: 0x40,
  IN_MOVED_TO: 0x80,
  IN_CREATE: 0x100,
  IN_DELETE: 0x200,
  IN_DELETE_SELF: 0x400,
  IN_MOVE_SELF: 0x800,
  IN_Q_OVERFLOW: 0x4000,
  IN_IGNORED: 0x8000,
};

const OWN: Readonly<Record<Architecture, Pick<LinuxConstants, PerArchitecture>>> = {
  "x86-64": { O_DIRECTORY: 0o200000, O_NOFOLLOW: 0o400000 },
  "arm64": { O_DIRECTORY: 0o40000, O_NOFOLLOW: 0o100000 },
};

/** Gives the flags of a processor. */
export function linuxConstants(architecture: Architecture): LinuxConstants {
  return Object.freeze({ ...COMMON, ...OWN[architecture] });
}
