/**
 * Linux's numbers that only the calls of this folder need: system calls without a wrapper in every
 * libc, commands and fixed arguments.
 *
 * @module
 */
import type { Architecture } from "./linux.ts";

/** Numbers of system calls that are made through `syscall()`, because not every libc wraps them. */
export interface SystemCallNumbers {
  /** Lists a directory. */
  readonly getdents64: number;
  /** Tells the id of this thread. */
  readonly gettid: number;
  /** Opens below a directory. */
  readonly openat2: number;
  /** Renames with flags. */
  readonly renameat2: number;
  /** Says who handles a signal, in the kernel's own structure. */
  readonly rt_sigaction: number;
  /** Tells about a file. */
  readonly statx: number;
}

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

/** Resolve from the current directory; only for absolute paths, which ignore it. */
export const AT_FDCWD: number = -100;
/** Act on the link itself. */
export const AT_SYMLINK_NOFOLLOW = 0x100;
/** `unlinkat`: remove a directory. */
export const AT_REMOVEDIR = 0x200;
/** An empty path means the descriptor itself. */
export const AT_EMPTY_PATH = 0x1000;

/** `renameat2`: fail if the new name is taken. */
export const RENAME_NOREPLACE = 1;
/** `lseek`: from the start. */
export const SEEK_SET = 0;

/** `statx`: everything that `stat` tells. */
export const STATX_BASIC_STATS = 0x7ff;
/** `statx`: the mount id that is never used again (Linux 6.8). */
export const STATX_MNT_ID_UNIQUE = 0x4000;

/** `fcntl`: query a POSIX record lock. */
export const F_GETLK = 5;
/** `fcntl`: set a POSIX record lock without waiting. */
export const F_SETLK = 6;
/** `fcntl`: choose the signal for lease breaks. */
export const F_SETSIG = 10;
/** `fcntl`: the signal that was chosen. */
export const F_GETSIG = 11;
/** `fcntl`: choose whom signals go to. */
export const F_SETOWN_EX = 15;
/** `fcntl`: whom signals go to. */
export const F_GETOWN_EX = 16;
/** `fcntl`: query a lock of open file descriptions. */
export const F_OFD_GETLK = 36;
/** `fcntl`: set a lock of the open file description without waiting. */
export const F_OFD_SETLK = 37;
/** `fcntl`: take or drop a lease. */
export const F_SETLEASE = 1024;
/** `fcntl`: what the lease is to become. */
export const F_GETLEASE = 1025;
/** `struct f_owner_ex`: a thread. */
export const F_OWNER_TID = 0;
/** `flock`: for one only. */
export const LOCK_EX = 2;
/** `flock`: without waiting. */
export const LOCK_NB = 4;
/** A lock or lease for reading. */
export const F_RDLCK = 0;
/** A lock or lease for writing. */
export const F_WRLCK = 1;
/** No lock or lease. */
export const F_UNLCK = 2;

/** Pages may be read. */
export const PROT_READ = 1;
/** Pages may be written. */
export const PROT_WRITE = 2;
/** Pages may be executed. */
export const PROT_EXEC = 4;
/** Stores go to the file and to everybody. */
export const MAP_SHARED = 0x01;
/** Stores stay here. */
export const MAP_PRIVATE = 0x02;
/** Zero pages without a file. */
export const MAP_ANONYMOUS = 0x20;
/** What `mmap` returns for a failure: the address with all bits set, not a null pointer. */
export const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
/** `msync`: write and wait. */
export const MS_SYNC = 4;

/** A signal that does nothing unless somebody handles it. */
export const SIGURG = 23;
/** A page of a mapping cannot be had. */
export const SIGBUS = 7;
/** `rt_sigaction`: the handler is told where it happened. */
export const SA_SIGINFO = 0x4;
/** `rt_sigaction`: the handler comes with the code that it returns to (x86-64). */
export const SA_RESTORER = 0x0400_0000;
/** `rt_sigaction`: on the thread's own stack for signals, where it has one. */
export const SA_ONSTACK = 0x0800_0000;
/** `rt_sigaction`: the signal is not held back while it is handled. */
export const SA_NODEFER = 0x4000_0000;

/** `poll`: there is something to read. */
export const POLLIN = 1;
/** `epoll_create1`: not for programs that this process starts. */
export const EPOLL_CLOEXEC = 0o2000000;
/** `epoll_ctl`: put a descriptor into the set. */
export const EPOLL_CTL_ADD = 1;
/** `epoll_ctl`: take a descriptor out of the set. */
export const EPOLL_CTL_DEL = 2;
/** `epoll`: there is something to read. */
export const EPOLLIN = 1;
/** `getrlimit`: greatest length of a file. */
export const RLIMIT_FSIZE = 1;
/** `getrlimit`: number of descriptors. */
export const RLIMIT_NOFILE = 7;
/** `getrusage`: the whole process. */
export const RUSAGE_SELF = 0;

/** The bits of `st_mode` that are permissions. */
export const PERMISSION_BITS = 0o7777;
