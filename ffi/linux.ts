/**
 * Linux's numbers: the flags that callers of {@linkcode Libc} pass, for each processor. What only
 * the calls need (system call numbers, commands of `fcntl`) is in `linux_abi.ts`.
 *
 * @module
 */

/** A processor whose tables are known. Both are 64-bit and little-endian. */
export type Architecture = "x86-64" | "arm64";

/** Flags of one platform, named as in the C headers. */
export interface LinuxConstants {
  readonly O_RDONLY: number;
  readonly O_WRONLY: number;
  readonly O_RDWR: number;
  readonly O_CREAT: number;
  readonly O_EXCL: number;
  /** Breaks no lease when combined with `O_RDONLY`. */
  readonly O_TRUNC: number;
  /** Every write goes to the end, whatever position is asked for. */
  readonly O_APPEND: number;
  /** Do not wait for a FIFO's other end, or for a lease to be released. */
  readonly O_NONBLOCK: number;
  readonly O_DIRECTORY: number;
  readonly O_NOFOLLOW: number;
  readonly O_CLOEXEC: number;
  readonly O_PATH: number;

  readonly RESOLVE_NO_XDEV: number;
  readonly RESOLVE_NO_MAGICLINKS: number;
  /** Follow no link at all; `ELOOP`. */
  readonly RESOLVE_NO_SYMLINKS: number;
  /** Stay below the directory; `EXDEV`. */
  readonly RESOLVE_BENEATH: number;

  readonly FALLOC_FL_KEEP_SIZE: number;
  /** Gives the blocks back; the range reads as zeros. */
  readonly FALLOC_FL_PUNCH_HOLE: number;
  /** Zeroes the range and keeps its blocks; `EOPNOTSUPP` on tmpfs. */
  readonly FALLOC_FL_ZERO_RANGE: number;

  readonly MADV_NORMAL: number;
  readonly MADV_DONTFORK: number;
  readonly MADV_DONTDUMP: number;
  /** Maps every page for reading now. */
  readonly MADV_POPULATE_READ: number;
  /** Maps every page for writing now. */
  readonly MADV_POPULATE_WRITE: number;

  /** Urgent data; ignored without a handler. */
  readonly SIGURG: number;
  /** Input or output is possible; kills without a handler. */
  readonly SIGIO: number;

  /** The contents changed (not by a store through a mapping). */
  readonly IN_MODIFY: number;
  /** Mode, owner, times or number of names changed. */
  readonly IN_ATTRIB: number;
  readonly IN_MOVED_FROM: number;
  readonly IN_MOVED_TO: number;
  readonly IN_CREATE: number;
  readonly IN_DELETE: number;
  readonly IN_DELETE_SELF: number;
  readonly IN_MOVE_SELF: number;
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
  MADV_DONTFORK: 10,
  MADV_DONTDUMP: 16,
  MADV_POPULATE_READ: 22,
  MADV_POPULATE_WRITE: 23,

  SIGURG: 23,
  SIGIO: 29,

  IN_MODIFY: 0x2,
  IN_ATTRIB: 0x4,
  IN_MOVED_FROM: 0x40,
  IN_MOVED_TO: 0x80,
  IN_CREATE: 0x100,
  IN_DELETE: 0x200,
  IN_DELETE_SELF: 0x400,
  IN_MOVE_SELF: 0x800,
  IN_IGNORED: 0x8000,
};

const OWN: Readonly<Record<Architecture, Pick<LinuxConstants, PerArchitecture>>> = {
  "x86-64": { O_DIRECTORY: 0o200000, O_NOFOLLOW: 0o400000 },
  "arm64": { O_DIRECTORY: 0o40000, O_NOFOLLOW: 0o100000 },
};

export function linuxConstants(architecture: Architecture): LinuxConstants {
  return Object.freeze({ ...COMMON, ...OWN[architecture] });
}
