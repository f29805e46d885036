/**
 * The functions of libc that the back ends bind, with the C declaration beside every parameter and
 * result.
 *
 * The types are neutral; each back end maps them to its own. Results that C calls `ssize_t` or
 * `long` are `i32` where Linux promises that they fit (at most 0x7ffff000 bytes a call), so that
 * hot calls make no `bigint`.
 *
 * @module
 */

/** `bytes` is a pointer to the first byte of a `Uint8Array`, or null; `address` is a `bigint`. */
export type ParameterType = "i32" | "u32" | "i64" | "usize" | "address" | "bytes";

export type ResultType = "i32" | "u32" | "i64" | "address";

export interface LibcSymbol {
  /** If it is not the name in the table. */
  readonly symbol?: string;
  readonly parameters: readonly ParameterType[];
  readonly result: ResultType;
  /** Whether it runs on another thread and gives a promise. */
  readonly async?: true;
}

/** All functions; a variadic one is bound once for each shape that is called. */
export const LIBC_SYMBOLS = {
  __errno_location: { parameters: [], result: "address" /* int * */ },
  memcpy: {
    parameters: ["bytes", /* void *dest */ "address", /* const void *src */ "usize" /* size_t n */],
    result: "address", /* void * */
  },
  loadBytes: {
    symbol: "memcpy",
    parameters: ["bytes", /* void *dest */ "usize", /* const void *src */ "usize" /* size_t n */],
    result: "i32", /* void *, of no use */
  },
  storeBytes: {
    symbol: "memcpy",
    parameters: ["usize", /* void *dest */ "bytes", /* const void *src */ "usize" /* size_t n */],
    result: "i32", /* void *, of no use */
  },
  storeWord: {
    symbol: "wmemset",
    parameters: ["usize", /* wchar_t *wcs */ "i32", /* wchar_t wc */ "usize" /* size_t n */],
    result: "i32", /* wchar_t *, of no use */
  },
  getpagesize: { parameters: [], result: "i32" /* int */ },
  getpid: { parameters: [], result: "i32" /* pid_t */ },
  gettid: {
    symbol: "syscall",
    parameters: ["i64" /* long number */],
    result: "i32", /* long, but a pid_t */
  },
  geteuid: { parameters: [], result: "u32" /* uid_t */ },
  getrlimit: {
    parameters: ["i32", /* int resource */ "bytes" /* struct rlimit *rlim */],
    result: "i32", /* int */
  },
  getrusage: {
    parameters: ["i32", /* int who */ "bytes" /* struct rusage *usage */],
    result: "i32", /* int */
  },

  openat2: {
    symbol: "syscall",
    parameters: [
      "i64", /* long number */
      "i32", /* int dirfd */
      "bytes", /* const char *path */
      "bytes", /* struct open_how *how */
      "usize", /* size_t size */
    ],
    result: "i32", /* long */
  },
  statx: {
    symbol: "syscall",
    parameters: [
      "i64", /* long number */
      "i32", /* int dirfd */
      "bytes", /* const char *path */
      "i32", /* int flags */
      "u32", /* unsigned int mask */
      "bytes", /* struct statx *statxbuf */
    ],
    result: "i32", /* long */
  },
  renameat2: {
    symbol: "syscall",
    parameters: [
      "i64", /* long number */
      "i32", /* int olddirfd */
      "bytes", /* const char *oldpath */
      "i32", /* int newdirfd */
      "bytes", /* const char *newpath */
      "u32", /* unsigned int flags */
    ],
    result: "i32", /* long */
  },
  getdents64: {
    symbol: "syscall",
    parameters: [
      "i64", /* long number */
      "i32", /* int fd */
      "bytes", /* void *dirp */
      "usize", /* size_t count */
    ],
    result: "i32", /* long */
  },
  rt_sigaction: {
    symbol: "syscall",
    parameters: [
      "i64", /* long number */
      "i32", /* int signum */
      "bytes", /* const struct sigaction *act, the kernel's */
      "address", /* struct sigaction *oldact */
      "usize", /* size_t sigsetsize */
    ],
    result: "i32", /* long */
  },
  close: { parameters: ["i32" /* int fd */], result: "i32" /* int */ },
  fstatfs: {
    parameters: ["i32", /* int fd */ "bytes" /* struct statfs *buf */],
    result: "i32", /* int */
  },
  fchown: {
    parameters: ["i32", /* int fd */ "u32", /* uid_t owner */ "u32" /* gid_t group */],
    result: "i32", /* int */
  },
  fchmod: {
    parameters: ["i32", /* int fd */ "u32" /* mode_t mode */],
    result: "i32", /* int */
  },
  mkdirat: {
    parameters: ["i32", /* int dirfd */ "bytes", /* const char *path */ "u32" /* mode_t mode */],
    result: "i32", /* int */
  },
  unlinkat: {
    parameters: ["i32", /* int dirfd */ "bytes", /* const char *path */ "i32" /* int flags */],
    result: "i32", /* int */
  },
  lseek: {
    parameters: ["i32", /* int fd */ "i64", /* off_t offset */ "i32" /* int whence */],
    result: "i32", /* off_t, only ever used to go back to 0 */
  },

  fallocate: {
    parameters: [
      "i32", /* int fd */
      "i32", /* int mode */
      "i64", /* off_t offset */
      "i64", /* off_t len */
    ],
    result: "i32", /* int */
  },
  fallocateAsync: {
    symbol: "fallocate",
    parameters: [
      "i32", /* int fd */
      "i32", /* int mode */
      "i64", /* off_t offset */
      "i64", /* off_t len */
    ],
    result: "i32", /* int */
    async: true,
  },
  ftruncate: {
    parameters: ["i32", /* int fd */ "i64" /* off_t length */],
    result: "i32", /* int */
  },
  pread: {
    parameters: [
      "i32", /* int fd */
      "bytes", /* void *buf */
      "usize", /* size_t count */
      "i64", /* off_t offset */
    ],
    result: "i32", /* ssize_t */
  },
  pwrite: {
    parameters: [
      "i32", /* int fd */
      "bytes", /* const void *buf */
      "usize", /* size_t count */
      "i64", /* off_t offset */
    ],
    result: "i32", /* ssize_t */
  },
  pwriteAsync: {
    symbol: "pwrite",
    parameters: [
      "i32", /* int fd */
      "bytes", /* const void *buf */
      "usize", /* size_t count */
      "i64", /* off_t offset */
    ],
    result: "i32", /* ssize_t */
    async: true,
  },
  read: {
    parameters: ["i32", /* int fd */ "bytes", /* void *buf */ "usize" /* size_t count */],
    result: "i32", /* ssize_t */
  },
  fsync: { parameters: ["i32" /* int fd */], result: "i32" /* int */ },
  fsyncAsync: {
    symbol: "fsync",
    parameters: ["i32" /* int fd */],
    result: "i32", /* int */
    async: true,
  },
  fdatasync: { parameters: ["i32" /* int fd */], result: "i32" /* int */ },
  fdatasyncAsync: {
    symbol: "fdatasync",
    parameters: ["i32" /* int fd */],
    result: "i32", /* int */
    async: true,
  },
  sendfile: {
    parameters: [
      "i32", /* int out_fd */
      "i32", /* int in_fd */
      "bytes", /* off_t *offset */
      "usize", /* size_t count */
    ],
    result: "i32", /* ssize_t */
  },
  sendfileAsync: {
    symbol: "sendfile",
    parameters: [
      "i32", /* int out_fd */
      "i32", /* int in_fd */
      "bytes", /* off_t *offset */
      "usize", /* size_t count */
    ],
    result: "i32", /* ssize_t */
    async: true,
  },

  fcntlNumber: {
    symbol: "fcntl",
    parameters: ["i32", /* int fd */ "i32", /* int op */ "i64" /* int arg */],
    result: "i32", /* int */
  },
  fcntlLock: {
    symbol: "fcntl",
    parameters: ["i32", /* int fd */ "i32", /* int op */ "bytes" /* struct flock *arg */],
    result: "i32", /* int */
  },
  flock: {
    parameters: ["i32", /* int fd */ "i32" /* int op */],
    result: "i32", /* int */
  },

  mmap: {
    parameters: [
      "address", /* void *addr */
      "usize", /* size_t length */
      "i32", /* int prot */
      "i32", /* int flags */
      "i32", /* int fd */
      "i64", /* off_t offset */
    ],
    result: "address", /* void * */
  },
  munmap: {
    parameters: ["address", /* void *addr */ "usize" /* size_t length */],
    result: "i32", /* int */
  },
  mprotect: {
    parameters: ["address", /* void *addr */ "usize", /* size_t len */ "i32" /* int prot */],
    result: "i32", /* int */
  },
  msync: {
    parameters: ["address", /* void *addr */ "usize", /* size_t length */ "i32" /* int flags */],
    result: "i32", /* int */
  },
  msyncAsync: {
    symbol: "msync",
    parameters: ["address", /* void *addr */ "usize", /* size_t length */ "i32" /* int flags */],
    result: "i32", /* int */
    async: true,
  },
  madvise: {
    parameters: ["address", /* void *addr */ "usize", /* size_t length */ "i32" /* int advice */],
    result: "i32", /* int */
  },
  madviseAsync: {
    symbol: "madvise",
    parameters: ["address", /* void *addr */ "usize", /* size_t length */ "i32" /* int advice */],
    result: "i32", /* int */
    async: true,
  },
  mlock: {
    parameters: ["address", /* const void *addr */ "usize" /* size_t len */],
    result: "i32", /* int */
  },
  mincore: {
    parameters: [
      "address", /* void *addr */
      "usize", /* size_t length */
      "bytes", /* unsigned char *vec */
    ],
    result: "i32", /* int */
  },

  inotify_init1: { parameters: ["i32" /* int flags */], result: "i32" /* int */ },
  inotify_add_watch: {
    parameters: ["i32", /* int fd */ "bytes", /* const char *path */ "u32" /* uint32_t mask */],
    result: "i32", /* int */
  },
  inotify_rm_watch: {
    parameters: ["i32", /* int fd */ "i32" /* int wd */],
    result: "i32", /* int */
  },
  eventfd: {
    parameters: ["u32", /* unsigned int initval */ "i32" /* int flags */],
    result: "i32", /* int */
  },
  epoll_create1: { parameters: ["i32" /* int flags */], result: "i32" /* int */ },
  epoll_ctl: {
    parameters: [
      "i32", /* int epfd */
      "i32", /* int op */
      "i32", /* int fd */
      "bytes", /* struct epoll_event *event */
    ],
    result: "i32", /* int */
  },
  epoll_wait: {
    parameters: [
      "i32", /* int epfd */
      "bytes", /* struct epoll_event *events */
      "i32", /* int maxevents */
      "i32", /* int timeout */
    ],
    result: "i32", /* int */
  },
  ppollAsync: {
    symbol: "ppoll",
    parameters: [
      "bytes", /* struct pollfd *fds */
      "usize", /* nfds_t nfds */
      "bytes", /* const struct timespec *timeout */
      "bytes", /* const sigset_t *sigmask */
    ],
    result: "i32", /* int */
    async: true,
  },
} as const;

export type Argument<T> = T extends "bytes" ? Uint8Array | null
  : T extends "address" ? bigint
  : number;

export type Arguments<T extends readonly ParameterType[]> = {
  -readonly [K in keyof T]: Argument<T[K]>;
};

export type Result<T extends LibcSymbol> = T["result"] extends "address" ? bigint
  : T extends { readonly async: true } ? Promise<number>
  : number;

/** The functions of the table, as a back end binds them. */
export type RawCalls = {
  readonly [Name in keyof typeof LIBC_SYMBOLS]: (
    ...args: Arguments<(typeof LIBC_SYMBOLS)[Name]["parameters"]>
  ) => Result<(typeof LIBC_SYMBOLS)[Name]>;
};
