/**
 * What a runtime brings: the bound functions, errno, and views over memory.
 *
 * @module
 */
import type { Outcome } from "./errno.ts";
import type { Descriptor, PermissionDenial } from "./libc.ts";
import type { RawCalls } from "./symbols.ts";

export type MemoryViewer = (address: bigint, byteLength: number) => ArrayBuffer;

/** A descriptor that the runtime closes when its program ends. */
export interface OwnedDescriptor {
  readonly descriptor: Descriptor;
  /** Only this may close it: the runtime would close it again, when it may be another file. */
  close(): void;
}

/** One runtime's way to libc. */
export interface Native {
  /** A synchronous one blocks; an asynchronous one runs on another thread. */
  readonly calls: RawCalls;
  /** The `errno` of this thread; right only until the next call. */
  errno(): number;
  /**
   * Gives views over memory; `undefined` where the runtime may not make any, or makes them dear:
   * then mapped memory is copied. A view must be detachable by `transfer`, which must not free the
   * memory.
   */
  memoryViewer(): MemoryViewer | undefined;
  /**
   * Waits in the event loop until a descriptor can be read, and gives 1. Left out where it cannot:
   * then a thread waits.
   */
  readonly waitReadable?: (descriptor: Descriptor) => Promise<Outcome>;
  /** With its version, for people. */
  readonly runtime: string;
  /**
   * Calls back, synchronously, when this program ends and the process may not: a Worker, a test
   * file, a run before a reload. Gives a function that forgets the callback. Left out where the
   * process ends with it.
   */
  readonly onEnd?: (callback: () => void) => () => void;
  /**
   * Opens a file for reading and writing; `undefined` if that fails. Left out where the runtime
   * does not close it at an end that it does not announce.
   */
  readonly openOwned?: (path: string) => OwnedDescriptor | undefined;
  /**
   * The descriptors of this program, those of other copies of the library included. Given where a
   * thread runs one program at a time: any other descriptor of this thread belongs to a program
   * that has ended.
   */
  readonly descriptors?: Set<Descriptor>;
  /** See {@linkcode Libc.denied}. */
  denied(access: "read" | "write", path: string): PermissionDenial | undefined;
}
