/**
 * Reads and writes small files whole.
 *
 * @module
 */
import { check, type Descriptor, failed, type Libc, type Outcome } from "../../ffi/mod.ts";
import { oversizedFile } from "../errors.ts";
import type { StoreDirectory } from "./store_directory.ts";

export const WHOLE_FILE_BYTE_LENGTH_MAX: number = 64 * 1024 * 1024;

/**
 * Reads a file; `undefined` if it does not exist.
 *
 * @throws {StoreError<"CORRUPTED">} If it is longer than {@linkcode WHOLE_FILE_BYTE_LENGTH_MAX}.
 */
export function readWholeFile(directory: StoreDirectory, path: string): Uint8Array | undefined {
  const file = directory.openFile(path);
  if (file === undefined) return undefined;
  try {
    const { byteLength } = file.status;
    if (byteLength > WHOLE_FILE_BYTE_LENGTH_MAX) {
      throw oversizedFile(path, byteLength, WHOLE_FILE_BYTE_LENGTH_MAX);
    }
    const bytes = new Uint8Array(byteLength);
    const count = check(readFully(directory.libc, file.descriptor, bytes, 0), "read", path);
    return bytes.subarray(0, count);
  } finally {
    directory.libc.close(file.descriptor);
  }
}

/** Reads until `target` is full or the file ends, and tells how many bytes. */
export function readFully(
  libc: Libc,
  descriptor: Descriptor,
  target: Uint8Array,
  position: number,
): Outcome {
  let done = 0;
  while (done < target.length) {
    const rest = done === 0 ? target : target.subarray(done);
    const count = libc.pread(descriptor, rest, position + done);
    if (failed(count)) return count;
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Writes all of `source`. */
export function writeFully(
  libc: Libc,
  descriptor: Descriptor,
  source: Uint8Array,
  position: number,
): Outcome {
  let done = 0;
  while (done < source.length) {
    const rest = done === 0 ? source : source.subarray(done);
    const count = libc.pwrite(descriptor, rest, position + done);
    if (failed(count)) return count;
    done += count;
  }
  return done;
}
