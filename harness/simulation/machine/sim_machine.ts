/**
 * A simulated machine with one directory, ready for a test.
 *
 * @module
 */
import assert from "node:assert/strict";
import { check, type Libc, type Mapping } from "../../../ffi/mod.ts";
import { Choices } from "./choices.ts";
import { SimKernel, type SimKernelOptions } from "./sim_kernel.ts";
import { simLibc } from "./sim_libc.ts";
import type { SimProcess, SimProcessOptions } from "./sim_process.ts";

/** Absolute path of the directory. */
export const DIRECTORY = "/data";

/** A process with the directory open. */
export class SimUser {
  /** The process. */
  readonly process: SimProcess;
  /** Its libc. */
  readonly libc: Libc;
  /** Descriptor of the directory. */
  readonly directory: number;

  /** Opens the directory; use {@linkcode boot}. */
  constructor(kernel: SimKernel, options: SimProcessOptions) {
    this.process = kernel.spawn(options);
    this.libc = simLibc(this.process);
    const flags = this.libc.constants.O_DIRECTORY;
    this.directory = check(this.libc.open(DIRECTORY, { flags }), "open directory");
  }

  /** Makes a file, open for reading and writing, with `byteLength` allocated bytes. */
  create(name: string, byteLength = 0): number {
    const { O_RDWR, O_CREAT, O_EXCL } = this.libc.constants;
    const descriptor = this.open(name, O_RDWR | O_CREAT | O_EXCL);
    if (byteLength > 0) check(this.libc.fallocate(descriptor, 0, 0, byteLength), "allocate");
    return descriptor;
  }

  /** Makes a file whose name and blocks a power cut cannot take back. */
  createDurable(name: string, byteLength: number): number {
    const descriptor = this.create(name, byteLength);
    check(this.libc.fsync(descriptor), "flush file");
    check(this.libc.fsync(this.directory), "flush directory");
    return descriptor;
  }

  /** Opens a name, for reading and writing unless said. */
  open(name: string, flags: number = this.libc.constants.O_RDWR): number {
    return check(this.libc.openat2(this.directory, name, { flags }), "open", name);
  }

  /** Writes bytes at a position. */
  write(descriptor: number, position: number, bytes: readonly number[]): void {
    const count = this.libc.pwrite(descriptor, Uint8Array.from(bytes), position);
    assert.equal(count, bytes.length);
  }

  /** Reads what is there of `byteLength` bytes. */
  read(name: string, position: number, byteLength: number): number[] {
    const descriptor = this.open(name, this.libc.constants.O_RDONLY);
    const target = new Uint8Array(byteLength);
    const count = check(this.libc.pread(descriptor, target, position), "read");
    check(this.libc.close(descriptor), "close");
    return [...target.subarray(0, count)];
  }

  /** Maps a file from its beginning. */
  map(descriptor: number, byteLength: number, write = true): Mapping {
    return check(this.libc.mmap(descriptor, byteLength, { write }), "map");
  }

  /** All names of the directory, in order. */
  names(): string[] {
    const entries = check(this.libc.readDirectory(this.directory), "list");
    return entries.map((entry) => entry.name).toSorted();
  }
}

/**
 * Makes a machine whose directory is durable; an empty tape makes it as tame as can be, and every
 * failed sync lose all.
 */
export function machine(
  source: number | readonly number[],
  options: SimKernelOptions = {},
): SimKernel {
  const kernel = new SimKernel(new Choices(source), options);
  const process = kernel.spawn();
  const libc = simLibc(process);
  const root = check(libc.open("/", { flags: libc.constants.O_DIRECTORY }), "open root");
  check(libc.mkdirat(root, DIRECTORY.slice(1), 0o700), "make directory");
  check(libc.fsync(root), "flush root");
  kernel.kill(process);
  return kernel;
}

/** Starts a process with the directory open. */
export function boot(kernel: SimKernel, options: SimProcessOptions = {}): SimUser {
  return new SimUser(kernel, options);
}

/** Runs `body` for seeds 1 to `count` and gives every different result, in order, as text. */
export function outcomes(count: number, body: (seed: number) => unknown): string[] {
  const found = new Set<string>();
  for (let seed = 1; seed <= count; seed++) found.add(JSON.stringify(body(seed)));
  return [...found].toSorted();
}
