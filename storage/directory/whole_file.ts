/**
 * Reads and writes small files whole.
 *
 * @module
 */
import { check, type Descriptor, failed, type Libc, type Outcome } from "../../ffi/mod.ts";
import { oversizedFile } from "../errors.ts";
import type { StoreDirectory } from "./store_directory.ts";

export const WHOLE_FILE_BYTE_LENGTH_MAX: number = 64 * 1024 * 1024;
/** Zeros that are written at once. */
const ZEROS_BYTE_LENGTH = 1024 * 1024;

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

/** Writes zeros, where the file system has no quicker way to them. */
export function writeZeros(
  libc: Libc,
  descriptor: Descriptor,
  { from, to }: { readonly from: number; readonly to: number },
): Outcome {
  const zeros = new Uint8Array(Math.min(ZEROS_BYTE_LENGTH, to - from));
  for (let at = from; at < to; at += zeros.length) {
    const written = writeFully(libc, descriptor, zeros.subarray(0, to - at), at);
    if (failed(written)) return written;
  }
  return to - from;
}
