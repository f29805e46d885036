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
  /** See {@linkcode Libc.denied}. */
  denied(access: "read" | "write", path: string): PermissionDenial | undefined;
}
