/**
 * One byte of mapped memory.
 *
 * @module
 */
import type { Mapping } from "../../ffi/mod.ts";

/** Reads the byte at an offset. */
export function byteAt(mapping: Mapping, offset: number): number {
  const byte = new Uint8Array(1);
  mapping.copyOut(offset, 1, byte);
  return byte[0];
}
