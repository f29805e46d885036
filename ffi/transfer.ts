/**
 * Copying between files inside the kernel.
 *
 * @module
 */
import { Errno, failed, type Outcome } from "./errno.ts";
import type { Descriptor, Libc } from "./libc.ts";

// Long enough for full speed, short enough that an abort is soon seen.
const CHUNK_BYTE_LENGTH = 16 * 1024 * 1024;
const COPY_BYTE_LENGTH = 256 * 1024;

export interface Transfer {
  readonly source: Descriptor;
  /** First byte to copy, inclusive. */
  readonly from: number;
  /** End of what to copy, exclusive. */
  readonly to: number;
  /** The file to write: a regular file, open for writing without `O_APPEND`. */
  readonly target: Descriptor;
  /** Where the first byte goes: the target's own position, 0 after opening it. */
  readonly targetPosition: number;
  /** Stops between two chunks. */
  readonly signal?: AbortSignal;
}

/**
 * Copies a range of one file to another by `sendfile` on another thread, or by reading and writing
 * where the file systems cannot do that. Not durable; sync the target.
 *
 * @returns How many bytes: fewer than asked for only if the source ends before `to`. After a
 * failure the target holds an unknown part.
 */
export async function transferRange(libc: Libc, transfer: Transfer): Promise<Outcome> {
  const { source, target, from, to, signal } = transfer;
  let position = from;

  while (position < to) {
    signal?.throwIfAborted();
    const byteLength = Math.min(CHUNK_BYTE_LENGTH, to - position);
    const count = await sendChunk(libc, target, source, position, byteLength);
    if (failed(count)) {
      return isUnsupported(count) ? copyRest(libc, transfer, position) : count;
    }
    if (count === 0) break;
    position += count;
  }
  return position - from;
}

async function sendChunk(
  libc: Libc,
  target: Descriptor,
  source: Descriptor,
  position: number,
  byteLength: number,
): Promise<Outcome> {
  const count = await libc.sendfileAsync(target, source, position, byteLength);
  // The other thread kept errno; the same call here succeeds or says why not.
  return failed(count) ? libc.sendfile(target, source, position, byteLength) : count;
}

function isUnsupported(failure: Errno): boolean {
  return failure.code === "EINVAL" || failure.code === "ENOSYS";
}

async function copyRest(libc: Libc, transfer: Transfer, start: number): Promise<Outcome> {
  const { source, target, from, to, signal } = transfer;
  const shift = transfer.targetPosition - from;
  const buffer = new Uint8Array(COPY_BYTE_LENGTH);
  let position = start;

  while (position < to) {
    signal?.throwIfAborted();
    const chunk = buffer.subarray(0, Math.min(buffer.length, to - position));
    const count = libc.pread(source, chunk, position);
    if (failed(count)) return count;
    if (count === 0) break;
    const written = await writeAll(libc, target, chunk.subarray(0, count), position + shift);
    if (failed(written)) return written;
    position += count;
  }
  return position - from;
}

async function writeAll(
  libc: Libc,
  target: Descriptor,
  bytes: Uint8Array,
  position: number,
): Promise<Outcome> {
  for (let done = 0; done < bytes.length;) {
    const rest = bytes.subarray(done);
    let count = await libc.pwriteAsync(target, rest, position + done);
    if (failed(count)) count = libc.pwrite(target, rest, position + done);
    if (failed(count)) return count;
    if (count === 0) return new Errno("EIO", 5, "pwrite");
    done += count;
  }
  return bytes.length;
}
