/**
 * Linux's numbers: the flags that callers of {@linkcode Libc} pass, for each processor. What only
 * the calls need (system call numbers, commands of `fcntl`) is in `linux_abi.ts`.
 *
 * @module
 */

/** A processor whose tables are known. Both are 64-bit and little-endian. */
export type Architecture = "x86-64" | "arm64";

const COMMON = {
  O_RDONLY: 0,
  O_WRONLY: 0o1,
  O_RDWR: 0o2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  /** Breaks no lease when combined with `O_RDONLY`. */
  O_TRUNC: 0o1000,
  /** Every write goes to the end, whatever position is asked for. */
  O_APPEND: 0o2000,
  /** Do not wait for a FIFO's other end, or for a lease to be released. */
  O_NONBLOCK: 0o4000,
  O_CLOEXEC: 0o2000000,
  O_PATH: 0o10000000,

  RESOLVE_NO_XDEV: 0x1,
  RESOLVE_NO_MAGICLINKS: 0x2,
  /** Follow no link at all; `ELOOP`. */
  RESOLVE_NO_SYMLINKS: 0x4,
  /** Stay below the directory; `EXDEV`. */
  RESOLVE_BENEATH: 0x8,

  FALLOC_FL_KEEP_SIZE: 0x1,
  /** Gives the blocks back; the range reads as zeros. */
  FALLOC_FL_PUNCH_HOLE: 0x2,
  /** Zeroes the range and keeps its blocks; `EOPNOTSUPP` on tmpfs. */
  FALLOC_FL_ZERO_RANGE: 0x10,

  POSIX_FADV_NORMAL: 0,
  /** Nothing is read ahead; of an open file as a whole, whatever the range. */
  POSIX_FADV_RANDOM: 1,

  MADV_NORMAL: 0,
  MADV_DONTFORK: 10,
  MADV_DONTDUMP: 16,
  /** Maps every page for reading now. */
  MADV_POPULATE_READ: 22,
  /** Maps every page for writing now. */
  MADV_POPULATE_WRITE: 23,

  /** Urgent data; ignored without a handler. */
  SIGURG: 23,
  /** Input or output is possible; kills without a handler. */
  SIGIO: 29,

  /** The contents changed (not by a store through a mapping). */
  IN_MODIFY: 0x2,
  /** Mode, owner, times or number of names changed. */
  IN_ATTRIB: 0x4,
  IN_MOVED_FROM: 0x40,
  IN_MOVED_TO: 0x80,
  IN_CREATE: 0x100,
  IN_DELETE: 0x200,
  IN_DELETE_SELF: 0x400,
  IN_MOVE_SELF: 0x800,
  IN_IGNORED: 0x8000,
  IN_Q_OVERFLOW: 0x4000,
};

const OWN = {
  "x86-64": { O_DIRECTORY: 0o200000, O_NOFOLLOW: 0o400000, O_TMPFILE: 0o20200000 },
  "arm64": { O_DIRECTORY: 0o40000, O_NOFOLLOW: 0o100000, O_TMPFILE: 0o20040000 },
};

/** Flags of one platform, named as in the C headers. */
export type LinuxConstants = Readonly<
  Record<keyof typeof COMMON | keyof typeof OWN[Architecture], number>
>;

export function linuxConstants(architecture: Architecture): LinuxConstants {
  return Object.freeze({ ...COMMON, ...OWN[architecture] });
}
