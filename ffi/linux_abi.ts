/**
 * Linux's numbers that only the calls of this folder need: system calls without a wrapper in every
 * libc, commands and fixed arguments.
 *
 * @module
 */
import type { Architecture } from "./linux.ts";

/** Numbers of system calls that are made through `syscall()`, because not every libc wraps them. */
export type SystemCallNumbers = Readonly<
  Record<"getdents64" | "gettid" | "openat2" | "renameat2" | "rt_sigaction" | "statx", number>
>;

/** The numbers of each processor. */
export const SYSTEM_CALLS: Readonly<Record<Architecture, SystemCallNumbers>> = {
  "x86-64": {
    getdents64: 217,
    gettid: 186,
    openat2: 437,
    renameat2: 316,
    rt_sigaction: 13,
    statx: 332,
  },
  "arm64": {
    getdents64: 61,
    gettid: 178,
    openat2: 437,
    renameat2: 276,
    rt_sigaction: 134,
    statx: 291,
  },
};

/** The current directory; only for absolute paths, which ignore it. */
export const AT_FDCWD: number = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_EMPTY_PATH = 0x1000;

export const RENAME_NOREPLACE = 1;
export const SEEK_SET = 0;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

export const STATX_BASIC_STATS = 0x7ff;
/** `STATX_ATIME`, `STATX_MTIME` and `STATX_CTIME`. */
export const STATX_TIMES = 0xe0;
/** The mount id that is not reused (Linux 6.8). */
export const STATX_MNT_ID_UNIQUE = 0x4000;

export const F_GETLK = 5;
export const F_SETLK = 6;
export const F_SETSIG = 10;
export const F_GETSIG = 11;
export const F_SETOWN_EX = 15;
export const F_GETOWN_EX = 16;
export const F_OFD_GETLK = 36;
export const F_OFD_SETLK = 37;
export const F_SETLEASE = 1024;
export const F_GETLEASE = 1025;
export const F_DUPFD_CLOEXEC = 1030;
export const F_OWNER_TID = 0;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const F_UNLCK = 2;

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;
export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_ANONYMOUS = 0x20;
/** The address with all bits set, not a null pointer. */
export const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
export const MS_SYNC = 4;

/** A signal that does nothing without a handler. */
export const SIGURG = 23;
/** A page of a mapping cannot be had. */
export const SIGBUS = 7;
/** The handler is told the address. */
export const SA_SIGINFO = 0x4;
/** The handler comes with the code that it returns to (x86-64). */
export const SA_RESTORER = 0x0400_0000;
/** On the thread's own signal stack, if it has one. */
export const SA_ONSTACK = 0x0800_0000;
/** The signal is not held back while it is handled. */
export const SA_NODEFER = 0x4000_0000;

export const POLLIN = 1;
export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLLIN = 1;
export const RLIMIT_FSIZE = 1;
export const RLIMIT_NOFILE = 7;
export const RUSAGE_SELF = 0;

export const PERMISSION_BITS = 0o7777;
