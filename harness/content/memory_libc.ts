/**
 * The calls of libc over a {@linkcode MemoryDisk}: fast, without faults, and counted, so that work
 * that does not end is noticed by a number and not by a clock.
 *
 * It is no simulator of what a kernel may do (`harness/simulation/` is): it is the plain disk on
 * which damaged bytes are looked at. Reads go by `pread`, as in a directory that is not the store's
 * alone.
 *
 * @module
 */
import {
  type Descriptor,
  Errno,
  type FileStatus,
  type Libc,
  linuxConstants,
  type OpenHow,
  type Outcome,
} from "../../ffi/mod.ts";
import type { MemoryDisk, MemoryFile } from "./memory_disk.ts";
import { MemoryMapping } from "./memory_mapping.ts";

/** Where the disk hangs. */
export const MEMORY_ROOT = "/store";
const CALL_COUNT_MAX = 20_000;

/** What a life on the disk may be told. */
export interface MemoryMachineOptions {
  /** 32 hexadecimal digits. */
  readonly bootId?: string;
  /** 16 hexadecimal digits. */
  readonly mountId?: string;
  /** Calls that are allowed before {@linkcode EndlessWork} is thrown; 20,000 unless said. */
  readonly callCountMax?: number;
}

/** More calls were made than any work on the disk needs. */
export class EndlessWork extends Error {
  override readonly name = "EndlessWork";
}

interface Opened {
  readonly path: string;
  readonly file: MemoryFile | undefined;
}

const CONSTANTS = linuxConstants("x86-64");
const BOOT_ID = "0123456789abcdef0123456789abcdef";
const MOUNT_ID = "00000000000000aa";
const PAGE_BYTE_LENGTH = 4096;

/** What the store calls; anything else is not there, which a trial calls a crash. */
type Calls = Partial<Libc>;

/**
 * Makes a libc.
 *
 * @param disk The disk.
 * @param options What to be told.
 * @returns The calls.
 */
export function memoryLibc(disk: MemoryDisk, options: MemoryMachineOptions = {}): Libc {
  return new MemoryMachine(disk, options).calls as Libc;
}

class MemoryMachine {
  readonly calls: Calls;
  readonly #disk: MemoryDisk;
  readonly #opened = new Map<Descriptor, Opened>();
  readonly #callCountMax: number;
  readonly #mountId: string;
  #next = 3;
  #callCount = 0;

  constructor(disk: MemoryDisk, options: MemoryMachineOptions) {
    const { bootId = BOOT_ID, mountId = MOUNT_ID, callCountMax } = options;
    this.#disk = disk;
    this.#mountId = mountId;
    this.#callCountMax = callCountMax ?? CALL_COUNT_MAX;
    this.calls = {
      constants: CONSTANTS,
      pageByteLength: PAGE_BYTE_LENGTH,
      ...this.#pathCalls(),
      ...this.#dataCalls(),
      ...this.#spaceCalls(),
      ...idleCalls(),
      bootId: () => bootId,
    };
  }

  #pathCalls() {
    return {
      open: (path: string) => {
        if (path === MEMORY_ROOT) return this.#install({ path: "", file: undefined });
        return none("open");
      },
      openat2: (directory: Descriptor, path: string, how: OpenHow) =>
        this.#open(this.#pathOf(directory, path), how),
      close: (descriptor: Descriptor) => this.#opened.delete(descriptor) ? 0 : bad("close"),
      fstat: (descriptor: Descriptor) => this.#status(this.#opened.get(descriptor)?.path ?? ""),
      statx: (directory: Descriptor, path: string) => this.#status(this.#pathOf(directory, path)),
      mkdirat: (directory: Descriptor, path: string) => {
        const below = this.#pathOf(directory, path);
        if (this.#disk.names(below) !== undefined || this.#disk.file(below) !== undefined) {
          return new Errno("EEXIST", 0, "mkdirat");
        }
        this.#disk.makeFolder(below);
        return 0;
      },
      renameat: (from: Descriptor, fromPath: string, to: Descriptor, toPath: string) =>
        this.#disk.rename(this.#pathOf(from, fromPath), this.#pathOf(to, toPath))
          ? 0
          : none("renameat"),
      unlinkat: (directory: Descriptor, path: string) =>
        this.#disk.remove(this.#pathOf(directory, path)) ? 0 : none("unlinkat"),
      rmdirat: (directory: Descriptor, path: string) =>
        this.#disk.removeFolder(this.#pathOf(directory, path)) ? 0 : none("rmdirat"),
      readDirectory: (descriptor: Descriptor) => {
        const { path } = this.#opened.get(descriptor)!;
        const prefix = path === "" ? "" : `${path}/`;
        return [...this.#disk.names(path)!].map((name) => {
          const isFile = this.#disk.file(prefix + name) !== undefined;
          return { name, kind: isFile ? "file" as const : "directory" as const };
        });
      },
    };
  }

  #dataCalls() {
    return {
      pread: (descriptor: Descriptor, target: Uint8Array, position: number) => {
        const file = this.#file(descriptor);
        if (file === undefined) return bad("pread");
        const part = file.bytes.subarray(position, position + target.length);
        target.set(part);
        return part.length;
      },
      pwrite: (descriptor: Descriptor, source: Uint8Array, position: number) =>
        this.#write(descriptor, source, position),
      pwriteAsync: (descriptor: Descriptor, source: Uint8Array, position: number) =>
        Promise.resolve(this.#write(descriptor, source, position)),
      mmap: (descriptor: Descriptor, byteLength: number, how: { readonly write: boolean }) => {
        const file = this.#file(descriptor);
        if (file === undefined) return bad("mmap");
        return new MemoryMapping(file.own(byteLength), how.write);
      },
    };
  }

  #spaceCalls() {
    const allocate = (descriptor: Descriptor, mode: number, from: number, byteLength: number) => {
      const bytes = this.#file(descriptor)?.own(from + byteLength);
      if (bytes === undefined) return bad("fallocate");
      if (mode === CONSTANTS.FALLOC_FL_ZERO_RANGE) bytes.fill(0, from, from + byteLength);
      return 0;
    };
    return {
      fallocate: allocate,
      fallocateAsync: (descriptor: Descriptor, mode: number, from: number, byteLength: number) =>
        Promise.resolve(allocate(descriptor, mode, from, byteLength)),
      ftruncate: (descriptor: Descriptor, byteLength: number) => {
        this.#file(descriptor)?.own(byteLength);
        return 0;
      },
    };
  }

  #open(path: string, { flags }: OpenHow): Outcome {
    let file = this.#disk.file(path);
    const isFolder = this.#disk.names(path) !== undefined;
    if ((flags & CONSTANTS.O_DIRECTORY) !== 0 && !isFolder) return none("openat2");
    if (file !== undefined && (flags & CONSTANTS.O_EXCL) !== 0) {
      return new Errno("EEXIST", 0, "openat2");
    }
    if (file === undefined && !isFolder) {
      if ((flags & CONSTANTS.O_CREAT) === 0) return none("openat2");
      file = this.#disk.make(path, new Uint8Array(0));
    }
    return this.#install({ path, file });
  }

  #install(opened: Opened): Descriptor {
    this.#opened.set(this.#next, opened);
    return this.#next++;
  }

  #file(descriptor: Descriptor): MemoryFile | undefined {
    this.#count();
    return this.#opened.get(descriptor)?.file;
  }

  #pathOf(directory: Descriptor, path: string): string {
    this.#count();
    const base = this.#opened.get(directory)?.path ?? "";
    if (path === "" || path === ".") return base;
    return base === "" ? path : `${base}/${path}`;
  }

  #count(): void {
    if (++this.#callCount <= this.#callCountMax) return;
    throw new EndlessWork(`Cannot go on: more than ${this.#callCountMax} calls, look for a loop`);
  }

  #write(descriptor: Descriptor, source: Uint8Array, position: number): Outcome {
    const bytes = this.#file(descriptor)?.own(position + source.length);
    if (bytes === undefined) return bad("pwrite");
    bytes.set(source, position);
    return source.length;
  }

  #status(path: string): Outcome<FileStatus> {
    const file = this.#disk.file(path);
    if (file === undefined && this.#disk.names(path) === undefined) return none("statx");
    const byteLength = file?.bytes.length ?? 0;
    return {
      kind: file === undefined ? "directory" : "file",
      mode: file === undefined ? 0o700 : 0o600,
      linkCount: file === undefined ? 2 : 1,
      userId: 0,
      groupId: 0,
      byteLength,
      allocatedByteLength: byteLength,
      modifiedMs: 0,
      device: 1,
      inodeHigh: 0,
      inodeLow: file?.number ?? 0,
      mountId: this.#mountId,
    };
  }
}

/** Calls of which only the answer counts here. */
function idleCalls() {
  const done = () => 0;
  const doneLater = () => Promise.resolve(0);
  const limit = { soft: Infinity, hard: Infinity };
  const space = { totalByteLength: 2 ** 40, availableByteLength: 2 ** 40 };
  return {
    denied: () => undefined,
    runtime: "Memory 1",
    processId: () => 1,
    processStart: () => none("open"),
    reopen: (descriptor: Descriptor) => descriptor,
    closeAbandoned: () => {},
    lockHolderHere: () => undefined,
    effectiveUserId: () => 0,
    resourceLimit: () => limit,
    fstatfs: () => ({ type: 0, name: "unknown", ...space }),
    fchmod: done,
    fchown: done,
    fadvise: done,
    fsync: done,
    fsyncAsync: doneLater,
    fdatasync: done,
    fdatasyncAsync: doneLater,
    lockRange: done,
    queryLock: () => undefined,
    setLease: done,
    getLease: () => "none" as const,
    setLeaseSignal: done,
    munmap: done,
    msync: done,
    msyncAsync: doneLater,
    madvise: done,
    madviseAsync: doneLater,
    mlock: done,
    inotifyInit: () => new Errno("EMFILE", 0, "inotifyInit"),
    inotifyAdd: () => bad("inotifyAdd"),
    inotifyRemove: done,
  };
}

function none(syscall: string): Errno {
  return new Errno("ENOENT", 2, syscall);
}

function bad(syscall: string): Errno {
  return new Errno("EBADF", 9, syscall);
}
