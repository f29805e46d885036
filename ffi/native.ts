/**
 * What a runtime has to bring: the bound functions, errno, and views over memory. Everything above it
 * is the same on all of them.
 *
 * @module
 */
import type { Outcome } from "./errno.ts";
import type { Descriptor, PermissionDenial } from "./libc.ts";
import type { RawCalls } from "./symbols.ts";

/** Makes an `ArrayBuffer` over memory that this process has mapped. */
export type MemoryViewer = (address: bigint, byteLength: number) => ArrayBuffer;

/** A descriptor that the runtime has opened, and closes when its program ends. */
export interface OwnedDescriptor {
  /** The descriptor. */
  readonly descriptor: Descriptor;
  /** Closes it. Nobody else may: the runtime would close it again, when it may be another file. */
  close(): void;
}

/** One runtime's way to libc. */
export interface Native {
  /** The functions. A synchronous one blocks; an asynchronous one runs on another thread. */
  readonly calls: RawCalls;
  /** The `errno` of this thread; right only until the next call. */
  errno(): number;
  /**
   * Gives views over memory, or `undefined` where the runtime was not allowed to make any, or makes them dear:
   * then mapped memory is copied. Such a view must be detachable by `transfer`, and detaching it must not free
   * the memory.
   */
  memoryViewer(): MemoryViewer | undefined;
  /**
   * Waits until a descriptor can be read, in the event loop, and gives 1. Left out where the event loop
   * cannot: then a thread waits.
   */
  readonly waitReadable?: (descriptor: Descriptor) => Promise<Outcome>;
  /** The runtime and its version, for people. */
  readonly runtime: string;
  /**
   * Calls back when this program ends and the process may not: a Worker, a test file, a run before a reload. Left out where the process
   * ends with it. What is called must be synchronous.
   *
   * @returns Forgets the callback.
   */
  readonly onEnd?: (callback: () => void) => () => void;
  /**
   * Opens a file for reading and writing, `undefined` where that fails. Left out where the runtime does not close it when the program
   * ends in a way that nobody is told of.
   */
  readonly openOwned?: (path: string) => OwnedDescriptor | undefined;
  /**
   * The descriptors of this program, also those that another copy of the library has opened. Given where a thread runs one program at a
   * time: any other descriptor that this thread opened is of a program that has ended.
   */
  readonly descriptors?: Set<Descriptor>;
  /** See {@linkcode Libc.denied}. */
  denied(access: "read" | "write", path: string): PermissionDenial | undefined;
}
