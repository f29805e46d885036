/**
 * The structures that pass between this library and Linux; all but `struct epoll_event` are the
 * same on x86-64 and arm64 (`struct stat` is not, one reason for `statx`).
 *
 * @module
 */
import { type CStruct, cStruct } from "./c_struct.ts";
import type { Architecture } from "./linux.ts";

const STATX_FIELDS = {
  mask: "u32",
  blockBytes: "u32",
  attributes: "u64",
  nlink: "u32",
  uid: "u32",
  gid: "u32",
  mode: "u16",
  spare0: "u16",
  ino: "u64",
  length: "u64",
  blocks: "u64",
  attributesMask: "u64",
  atime: 16,
  btime: 16,
  ctime: 16,
  mtimeSeconds: "i64",
  mtimeNanoseconds: "u32",
  mtimePadding: "i32",
  representedMajor: "u32",
  representedMinor: "u32",
  deviceMajor: "u32",
  deviceMinor: "u32",
  mountId: "u64",
  rest: 104,
} as const;

/** `struct statx` of `linux/stat.h`. */
export const STATX: CStruct<keyof typeof STATX_FIELDS> = cStruct(STATX_FIELDS);

const STATFS_FIELDS = {
  type: "i64",
  blockBytes: "i64",
  blocks: "u64",
  blocksFree: "u64",
  blocksAvailable: "u64",
  files: "u64",
  filesFree: "u64",
  id: "u64",
  nameLength: "i64",
  fragmentBytes: "i64",
  flags: "i64",
  spare: 32,
} as const;

/** `struct statfs` of 64-bit Linux. */
export const STATFS: CStruct<keyof typeof STATFS_FIELDS> = cStruct(STATFS_FIELDS);

export const FLOCK: CStruct<"type" | "whence" | "start" | "length" | "pid"> = cStruct({
  type: "i16",
  whence: "i16",
  start: "i64",
  length: "i64",
  pid: "i32",
});

export const OWNER: CStruct<"type" | "pid"> = cStruct({ type: "i32", pid: "i32" });

/** `struct linux_dirent64`, up to the name, which ends with a NUL. */
export const DIRENT64: CStruct<"recordBytes" | "type" | "name"> = cStruct({
  ino: "u64",
  offset: "i64",
  recordBytes: "u16",
  type: "u8",
  name: 1,
});

const RUSAGE_FIELDS = {
  userTime: 16,
  systemTime: 16,
  maxResident: "i64",
  sharedText: "i64",
  unsharedData: "i64",
  unsharedStack: "i64",
  minorFaults: "i64",
  majorFaults: "i64",
  rest: 64,
} as const;

export const RUSAGE: CStruct<keyof typeof RUSAGE_FIELDS> = cStruct(RUSAGE_FIELDS);

export const RLIMIT: CStruct<"soft" | "hard"> = cStruct({ soft: "u64", hard: "u64" });

/** `struct inotify_event`, up to the name. */
export const INOTIFY_EVENT: CStruct<"watch" | "mask" | "nameBytes"> = cStruct({
  watch: "i32",
  mask: "u32",
  cookie: "u32",
  nameBytes: "u32",
});

export const POLLFD: CStruct<"descriptor" | "events" | "happened"> = cStruct({
  descriptor: "i32",
  events: "i16",
  happened: "i16",
});

export interface EpollEventLayout {
  readonly byteLength: number;
  /** Offset of what the program remembers with a descriptor. */
  readonly data: number;
}

/** `struct epoll_event`, which is packed on x86-64 and nowhere else. */
export const EPOLL_EVENT: Readonly<Record<Architecture, EpollEventLayout>> = {
  "x86-64": { byteLength: 12, data: 4 },
  "arm64": { byteLength: 16, data: 8 },
};

export const TIMESPEC: CStruct<"seconds" | "nanoseconds"> = cStruct({
  seconds: "i64",
  nanoseconds: "i64",
});

export const OPEN_HOW: CStruct<"flags" | "mode" | "resolve"> = cStruct({
  flags: "u64",
  mode: "u64",
  resolve: "u64",
});

/** The kernel's set of signals, with the padding of glibc's `sigset_t`. */
export const SIGSET_BYTE_LENGTH = 128;
