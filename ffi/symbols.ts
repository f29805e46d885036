/**
 * The functions of libc that the back ends bind, under the C declaration of each.
 *
 * The types are neutral; each back end maps them to its own. Results that C calls `ssize_t` or
 * `long` are `i32` where Linux promises that they fit (at most 0x7ffff000 bytes a call), so that
 * hot calls make no `bigint`.
 *
 * @module
 */

/** `bytes` is a pointer to the first byte of a `Uint8Array`, or null; `address` is a `bigint`. */
export type ParameterType = "i32" | "u32" | "i64" | "usize" | "address" | "bytes";

export interface LibcSymbol {
  /** If it is not the name in the table. */
  readonly symbol?: string;
  readonly parameters: readonly ParameterType[];
  /** `i32` when left out; `i64` and `address` are a `bigint`. */
  readonly result?: "u32" | "i64" | "address";
  /** Whether it runs on another thread and gives a promise. */
  readonly async?: true;
}

/** All functions; a variadic one is bound once for each shape that is called. */
export const LIBC_SYMBOLS = {
  // int *__errno_location(void)
  __errno_location: { parameters: [], result: "address" },
  // void *memcpy(void *dest, const void *src, size_t n)
  memcpy: { parameters: ["bytes", "address", "usize"], result: "address" },
  // void *memcpy(void *dest, const void *src, size_t n); the result is of no use
  loadBytes: { symbol: "memcpy", parameters: ["bytes", "usize", "usize"] },
  // void *memcpy(void *dest, const void *src, size_t n); the result is of no use
  storeBytes: { symbol: "memcpy", parameters: ["usize", "bytes", "usize"] },
  // wchar_t *wmemset(wchar_t *wcs, wchar_t wc, size_t n); the result is of no use
  storeWord: { symbol: "wmemset", parameters: ["usize", "i32", "usize"] },
  // int getpagesize(void)
  getpagesize: { parameters: [] },
  // pid_t getpid(void)
  getpid: { parameters: [] },
  // long syscall(long number); the result is a pid_t
  gettid: { symbol: "syscall", parameters: ["i64"] },
  // uid_t geteuid(void)
  geteuid: { parameters: [], result: "u32" },
  // int getrlimit(int resource, struct rlimit *rlim)
  getrlimit: { parameters: ["i32", "bytes"] },
  // int getrusage(int who, struct rusage *usage)
  getrusage: { parameters: ["i32", "bytes"] },

  // long syscall(long number, int dirfd, const char *path, struct open_how *how, size_t size)
  openat2: { symbol: "syscall", parameters: ["i64", "i32", "bytes", "bytes", "usize"] },
  // long syscall(long number, int dirfd, const char *path, int flags, unsigned int mask,
  //   struct statx *statxbuf)
  statx: { symbol: "syscall", parameters: ["i64", "i32", "bytes", "i32", "u32", "bytes"] },
  // long syscall(long number, int olddirfd, const char *oldpath, int newdirfd, const char *newpath,
  //   unsigned int flags)
  renameat2: { symbol: "syscall", parameters: ["i64", "i32", "bytes", "i32", "bytes", "u32"] },
  // long syscall(long number, int fd, void *dirp, size_t count)
  getdents64: { symbol: "syscall", parameters: ["i64", "i32", "bytes", "usize"] },
  // long syscall(long number, int signum, const struct sigaction *act, struct sigaction *oldact,
  //   size_t sigsetsize)
  rt_sigaction: { symbol: "syscall", parameters: ["i64", "i32", "bytes", "address", "usize"] },
  // int close(int fd)
  close: { parameters: ["i32"] },
  // int fstatfs(int fd, struct statfs *buf)
  fstatfs: { parameters: ["i32", "bytes"] },
  // int fchown(int fd, uid_t owner, gid_t group)
  fchown: { parameters: ["i32", "u32", "u32"] },
  // int fchmod(int fd, mode_t mode)
  fchmod: { parameters: ["i32", "u32"] },
  // int mkdirat(int dirfd, const char *path, mode_t mode)
  mkdirat: { parameters: ["i32", "bytes", "u32"] },
  // int unlinkat(int dirfd, const char *path, int flags)
  unlinkat: { parameters: ["i32", "bytes", "i32"] },
  // off_t lseek(int fd, off_t offset, int whence); only ever goes back to 0
  lseek: { parameters: ["i32", "i64", "i32"] },
  // off_t lseek(int fd, off_t offset, int whence); to anywhere in a file
  seek: { symbol: "lseek", parameters: ["i32", "i64", "i32"], result: "i64" },

  // int posix_fadvise(int fd, off_t offset, off_t len, int advice); gives the error's number
  posix_fadvise: { parameters: ["i32", "i64", "i64", "i32"] },
  // int fallocate(int fd, int mode, off_t offset, off_t len)
  fallocate: { parameters: ["i32", "i32", "i64", "i64"] },
  fallocateAsync: { symbol: "fallocate", parameters: ["i32", "i32", "i64", "i64"], async: true },
  // int ftruncate(int fd, off_t length)
  ftruncate: { parameters: ["i32", "i64"] },
  // ssize_t pread(int fd, void *buf, size_t count, off_t offset)
  pread: { parameters: ["i32", "bytes", "usize", "i64"] },
  // ssize_t pwrite(int fd, const void *buf, size_t count, off_t offset)
  pwrite: { parameters: ["i32", "bytes", "usize", "i64"] },
  pwriteAsync: { symbol: "pwrite", parameters: ["i32", "bytes", "usize", "i64"], async: true },
  // ssize_t read(int fd, void *buf, size_t count)
  read: { parameters: ["i32", "bytes", "usize"] },
  // int fsync(int fd)
  fsync: { parameters: ["i32"] },
  fsyncAsync: { symbol: "fsync", parameters: ["i32"], async: true },
  // int fdatasync(int fd)
  fdatasync: { parameters: ["i32"] },
  fdatasyncAsync: { symbol: "fdatasync", parameters: ["i32"], async: true },
  // ssize_t sendfile(int out_fd, int in_fd, off_t *offset, size_t count)
  sendfile: { parameters: ["i32", "i32", "bytes", "usize"] },
  sendfileAsync: { symbol: "sendfile", parameters: ["i32", "i32", "bytes", "usize"], async: true },

  // int fcntl(int fd, int op, int arg)
  fcntlNumber: { symbol: "fcntl", parameters: ["i32", "i32", "i64"] },
  // int fcntl(int fd, int op, struct flock *arg)
  fcntlLock: { symbol: "fcntl", parameters: ["i32", "i32", "bytes"] },
  // int flock(int fd, int op)
  flock: { parameters: ["i32", "i32"] },

  // void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
  mmap: { parameters: ["address", "usize", "i32", "i32", "i32", "i64"], result: "address" },
  // int munmap(void *addr, size_t length)
  munmap: { parameters: ["address", "usize"] },
  // int mprotect(void *addr, size_t len, int prot)
  mprotect: { parameters: ["address", "usize", "i32"] },
  // int msync(void *addr, size_t length, int flags)
  msync: { parameters: ["address", "usize", "i32"] },
  msyncAsync: { symbol: "msync", parameters: ["address", "usize", "i32"], async: true },
  // int madvise(void *addr, size_t length, int advice)
  madvise: { parameters: ["address", "usize", "i32"] },
  madviseAsync: { symbol: "madvise", parameters: ["address", "usize", "i32"], async: true },
  // int mlock(const void *addr, size_t len)
  mlock: { parameters: ["address", "usize"] },
  // int mincore(void *addr, size_t length, unsigned char *vec)
  mincore: { parameters: ["address", "usize", "bytes"] },

  // int inotify_init1(int flags)
  inotify_init1: { parameters: ["i32"] },
  // int inotify_add_watch(int fd, const char *path, uint32_t mask)
  inotify_add_watch: { parameters: ["i32", "bytes", "u32"] },
  // int inotify_rm_watch(int fd, int wd)
  inotify_rm_watch: { parameters: ["i32", "i32"] },
  // int eventfd(unsigned int initval, int flags)
  eventfd: { parameters: ["u32", "i32"] },
  // int epoll_create1(int flags)
  epoll_create1: { parameters: ["i32"] },
  // int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
  epoll_ctl: { parameters: ["i32", "i32", "i32", "bytes"] },
  // int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
  epoll_wait: { parameters: ["i32", "bytes", "i32", "i32"] },
  // int ppoll(struct pollfd *fds, nfds_t nfds, const struct timespec *timeout,
  //   const sigset_t *sigmask)
  ppollAsync: { symbol: "ppoll", parameters: ["bytes", "usize", "bytes", "bytes"], async: true },
} as const;

export type Argument<T> = T extends "bytes" ? Uint8Array | null
  : T extends "address" ? bigint
  : number;

export type Arguments<T extends readonly ParameterType[]> = {
  -readonly [K in keyof T]: Argument<T[K]>;
};

export type Result<T extends LibcSymbol> = T extends { readonly result: "i64" | "address" } ? bigint
  : T extends { readonly async: true } ? Promise<number>
  : number;

/** The functions of the table, as a back end binds them. */
export type RawCalls = {
  readonly [Name in keyof typeof LIBC_SYMBOLS]: (
    ...args: Arguments<(typeof LIBC_SYMBOLS)[Name]["parameters"]>
  ) => Result<(typeof LIBC_SYMBOLS)[Name]>;
};
