/**
 * Bytes put into the middle of a file, as damage does it.
 *
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";

/**
 * Writes over a part of a file.
 *
 * @param path The file, which must be there.
 * @param position Where the first byte goes.
 * @param bytes What to write.
 */
export function overwrite(path: string, position: number, bytes: Uint8Array): void {
  const file = openSync(path, "r+");
  try {
    writeSync(file, bytes, 0, bytes.length, position);
  } finally {
    closeSync(file);
  }
}
