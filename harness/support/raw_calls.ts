/**
 * Calls of the system that tests need and the library does not: mounting, cutting the power of a
 * file system, writing back early, lowering a limit of this process. Most need root, and all need
 * Deno.
 *
 * @module
 */

const CANDIDATES = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6"];

const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  mount: { parameters: ["buffer", "buffer", "buffer", "u64", "buffer"], result: "i32" },
  umount2: { parameters: ["buffer", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  fsync: { parameters: ["i32"], result: "i32" },
  syncfs: { parameters: ["i32"], result: "i32" },
  sync_file_range: { parameters: ["i32", "i64", "i64", "u32"], result: "i32" },
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
} as const;

/** `_IOR('X', 125, __u32)`: `EXT4_IOC_SHUTDOWN`, later `FS_IOC_SHUTDOWN`. */
const SHUTDOWN = 0x8004587dn;
/** Wait for what is under way, write, wait for that. */
const WRITE_BACK = 7;
const O_NONBLOCK = 0o4000;
const RESOURCES = { fileByteLength: 1, descriptors: 7 } as const;
const EBUSY = 16;

/**
 * What the cut does with the journal: `"written"` lets what is in memory of it reach the disk,
 * `"lost"` drops it. File contents that were not written back are gone either way.
 */
export type JournalFate = "lost" | "written";

const SHUTDOWN_FLAGS: Readonly<Record<JournalFate, number>> = { written: 1, lost: 2 };

let bound: Deno.StaticForeignLibraryInterface<typeof SYMBOLS> | undefined;

function calls(): Deno.StaticForeignLibraryInterface<typeof SYMBOLS> {
  bound ??= Deno.dlopen(libcPath(), SYMBOLS).symbols as never;
  return bound!;
}

function libcPath(): string {
  const found = CANDIDATES.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
  return found ?? CANDIDATES[0];
}

/**
 * Mounts a block device with ext4.
 *
 * @param device Path of the device.
 * @param path An empty directory.
 */
export function mountDevice(device: string, path: string): void {
  demand(calls().mount(text(device), text(path), text("ext4"), 0n, null), `mount ${device}`);
}

/**
 * Unmounts, and waits while somebody still holds something open there: a program that another
 * thread just starts holds copies of our descriptors until it runs.
 *
 * @param path Where it is mounted.
 */
export async function unmountPath(path: string): Promise<void> {
  for (let attempts = 0;; attempts++) {
    const outcome = calls().umount2(text(path), 0);
    if (outcome === 0) return;
    if (errno() !== EBUSY || attempts === 100) demand(outcome, `unmount ${path}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * Cuts a file system off its disk at once: what was not written back is lost, and every later call
 * fails.
 *
 * @param path Where it is mounted.
 * @param journal What becomes of the journal.
 */
export function cutPower(path: string, journal: JournalFate): void {
  const how = new Uint8Array(Uint32Array.of(SHUTDOWN_FLAGS[journal]).buffer);
  const ioctl = (file: number) => calls().ioctl(file, SHUTDOWN, how);
  demand(withFile(path, ioctl), `shut down ${path}`);
}

/**
 * Writes a range of a file back early, as the kernel does whenever it likes; promises nothing.
 *
 * @param path The file; one that is gone is left in peace.
 * @param from First byte.
 * @param byteLength How many bytes; 0 means to the end.
 */
export function writeBack(path: string, from: number, byteLength: number): void {
  withFile(
    path,
    (file) => calls().sync_file_range(file, BigInt(from), BigInt(byteLength), WRITE_BACK),
  );
}

/**
 * Syncs one file, and with it the journal of its file system.
 *
 * @param path The file; one that is gone is left in peace.
 */
export function syncFile(path: string): void {
  withFile(path, (file) => calls().fsync(file));
}

/**
 * Syncs a whole file system, so that the blocks of removed files are free.
 *
 * @param path A directory in it.
 */
export function syncFileSystem(path: string): void {
  demand(withFile(path, (file) => calls().syncfs(file)), `sync ${path}`);
}

/** A limit that a process has. */
export type LimitedResource = keyof typeof RESOURCES;

/**
 * Sets a limit of this process; for a test's own child only.
 *
 * @param resource What is limited.
 * @param soft The new limit.
 * @param hard How far it may be raised again; `Infinity` where there is none.
 */
export function limitResource(resource: LimitedResource, soft: number, hard: number): void {
  const words = [soft, hard].map((value) => value === Infinity ? 2n ** 64n - 1n : BigInt(value));
  const limit = new Uint8Array(BigUint64Array.from(words).buffer);
  demand(calls().setrlimit(RESOURCES[resource], limit), `limit ${resource}`);
}

function withFile(path: string, use: (descriptor: number) => number): number {
  const descriptor = calls().open(text(path), O_NONBLOCK, 0);
  if (descriptor < 0) return descriptor;
  const outcome = use(descriptor);
  const code = errno();
  calls().close(descriptor);
  if (outcome !== 0) throw new Error(`Cannot work on ${path}: errno ${code}`);
  return outcome;
}

function demand(outcome: number, action: string): void {
  if (outcome < 0) throw new Error(`Cannot ${action}: errno ${errno()}`);
}

function errno(): number {
  return new Deno.UnsafePointerView(calls().__errno_location()!).getInt32();
}

function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${value}\0`);
}
