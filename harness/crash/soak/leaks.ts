/**
 * Leaks planted under a store, to see that the soak catches each of them.
 *
 * @module
 */
import type { Libc } from "../../../ffi/mod.ts";
import { overrideLibc } from "../../support/libc_overrides.ts";

/** What leaks: a descriptor now and then, a mapping now and then, memory with every append. */
export const SOAK_LEAKS = ["descriptors", "mappings", "memory"] as const;

/** One of {@linkcode SOAK_LEAKS}. */
export type SoakLeak = typeof SOAK_LEAKS[number];

/** A libc that leaks, or not. */
export interface PlantedLeak {
  /** The libc to hand to a store. */
  readonly libc: Libc;
  /** To be called after each append. */
  onAppend(): void;
}

const LOST_BYTE_LENGTH = 64 * 1024;

/**
 * Plants a leak.
 *
 * @param libc The real one.
 * @param leak What leaks; nothing when left out.
 * @returns The libc, and what else leaks.
 */
export function plantLeak(libc: Libc, leak?: SoakLeak): PlantedLeak {
  const lost: Uint8Array[] = [];
  let calls = 0;
  const isLost = (oneIn: number) => ++calls % oneIn === 0;
  switch (leak) {
    case undefined:
      return { libc, onAppend() {} };
    case "descriptors":
      return {
        libc: overrideLibc(libc, { close: (file) => isLost(10) ? 0 : libc.close(file) }),
        onAppend() {},
      };
    case "mappings":
      return {
        libc: overrideLibc(libc, {
          mmap(file, byteLength, how) {
            // Nobody will ever unmap this one.
            if (isLost(2)) libc.mmap(file, byteLength, how);
            return libc.mmap(file, byteLength, how);
          },
        }),
        onAppend() {},
      };
    case "memory":
      return { libc, onAppend: () => void lost.push(new Uint8Array(LOST_BYTE_LENGTH).fill(1)) };
  }
}
