/**
 * What a kernel fact is: something that the store leans on, and that every back end must show, the
 * simulated one included. Where the kernel and the simulator disagree, the simulator is wrong.
 *
 * @module
 */
import { check, type Descriptor, failed, type Libc, type Mapping } from "../../../ffi/mod.ts";
import type { Outcome } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";

/**
 * What a fact needs beside the calls: `machine` is a real kernel with processes, `/proc` and links
 * that other programs make; `disk` is that and a file system that writes back; `mounts` is that and
 * the right to mount file systems.
 */
export type FactNeed = "machine" | "disk" | "mounts";

/** One fact. */
export interface KernelFact {
  /** A sentence that starts with the call. */
  readonly name: string;
  /** What it needs beside the calls; nothing when left out. */
  readonly needs?: FactNeed;
  /**
   * Shows the fact.
   *
   * @param libc The back end.
   * @param scratchDirectory Absolute path of an empty directory of this fact's own.
   */
  run(libc: Libc, scratchDirectory: string): void | Promise<void>;
}

/**
 * The scratch directory, open, and all that a fact opens in it; disposing closes and unmaps it all.
 */
export class Scratch implements Disposable {
  /** The back end. */
  readonly libc: Libc;
  /** Absolute path. */
  readonly path: string;
  /** Descriptor of the directory. */
  readonly directory: Descriptor;
  readonly #descriptors = new Set<Descriptor>();
  readonly #mappings = new Set<Mapping>();

  /** Opens the directory. */
  constructor(libc: Libc, path: string) {
    this.libc = libc;
    this.path = path;
    const { O_RDONLY, O_DIRECTORY } = libc.constants;
    this.directory = this.adopt(libc.open(path, { flags: O_RDONLY | O_DIRECTORY }));
  }

  /** Takes over a descriptor that a call gave. */
  adopt(outcome: Outcome<Descriptor>): Descriptor {
    const descriptor = check(outcome, "open", this.path);
    this.#descriptors.add(descriptor);
    return descriptor;
  }

  /** Makes a file, open for reading and writing, with `byteLength` allocated bytes. */
  create(name: string, byteLength = 0): Descriptor {
    const { O_RDWR, O_CREAT, O_EXCL } = this.libc.constants;
    const descriptor = this.open(name, O_RDWR | O_CREAT | O_EXCL);
    if (byteLength > 0) check(this.libc.fallocate(descriptor, 0, 0, byteLength), "fallocate");
    return descriptor;
  }

  /** Makes a file that holds `content`, and closes it. */
  write(name: string, content: Uint8Array): void {
    const descriptor = this.create(name);
    assert.equal(this.libc.pwrite(descriptor, content, 0), content.length);
    this.close(descriptor);
  }

  /** Opens a name with the given flags, for reading when left out. */
  open(name: string, flags: number = this.libc.constants.O_RDONLY): Descriptor {
    return this.adopt(this.libc.openat2(this.directory, name, { flags }));
  }

  /** Closes a descriptor early. */
  close(descriptor: Descriptor): void {
    this.#descriptors.delete(descriptor);
    check(this.libc.close(descriptor), "close");
  }

  /** Maps a file for writing, or for reading only. */
  map(descriptor: Descriptor, byteLength: number, write = true): Mapping {
    const mapping = check(this.libc.mmap(descriptor, byteLength, { write }), "mmap");
    this.#mappings.add(mapping);
    return mapping;
  }

  /** Unmaps early. */
  unmap(mapping: Mapping): void {
    this.#mappings.delete(mapping);
    check(this.libc.munmap(mapping), "munmap");
  }

  /** Reads up to `byteLength` bytes of a file. */
  read(descriptor: Descriptor, position: number, byteLength: number): number[] {
    const target = new Uint8Array(byteLength);
    const count = check(this.libc.pread(descriptor, target, position), "pread");
    return [...target.subarray(0, count)];
  }

  /** Closes and unmaps what is left. */
  [Symbol.dispose](): void {
    for (const mapping of this.#mappings) check(this.libc.munmap(mapping), "munmap");
    for (const descriptor of this.#descriptors) check(this.libc.close(descriptor), "close");
    this.#mappings.clear();
    this.#descriptors.clear();
  }
}

/**
 * Checks that a call failed with one of some errors.
 *
 * @param outcome What it gave.
 * @param codes The errors.
 */
export function assertFails(outcome: Outcome<unknown>, ...codes: string[]): void {
  if (!failed(outcome)) assert.fail(`gave ${String(outcome)} instead of ${codes.join(" or ")}`);
  assert.ok(codes.includes(outcome.code), `${outcome.code} instead of ${codes.join(" or ")}`);
}

/**
 * Makes bytes that differ from place to place.
 *
 * @param byteLength How many.
 * @returns The bytes 1, 2, 3 and so on, never 0.
 */
export function pattern(byteLength: number): Uint8Array {
  return Uint8Array.from({ length: byteLength }, (_, index) => index % 255 + 1);
}
