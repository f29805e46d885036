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
  /**
   * Called before each chunk and after the last one with the next byte to copy; what it throws ends
   * the copying.
   */
  readonly onPosition?: (position: number) => void;
}

/**
 * Copies a range of one file to another by `sendfile` on another thread, or by reading and writing
 * where the file systems cannot do that. Not durable; sync the target.
 *
 * @returns How many bytes: fewer than asked for only if the source ends before `to`. After a
 * failure the target holds an unknown part.
 */
export async function transferRange(libc: Libc, transfer: Transfer): Promise<Outcome> {
  const { from, to, onPosition } = transfer;
  // Left out as long as the file systems can do it alone.
  let buffer: Uint8Array | undefined;
  let position = from;

  while (position < to) {
    onPosition?.(position);
    const count = buffer === undefined
      ? await sendChunk(libc, transfer, position)
      : await copyChunk(libc, transfer, position, buffer);
    if (failed(count)) {
      if (buffer !== undefined || !isUnsupported(count)) return count;
      buffer = new Uint8Array(COPY_BYTE_LENGTH);
      continue;
    }
    if (count === 0) break;
    position += count;
  }
  onPosition?.(position);
  return position - from;
}

async function sendChunk(
  libc: Libc,
  { target, source, to }: Transfer,
  position: number,
): Promise<Outcome> {
  const byteLength = Math.min(CHUNK_BYTE_LENGTH, to - position);
  const count = await libc.sendfileAsync(target, source, position, byteLength);
  // The other thread kept errno; the same call here succeeds or says why not.
  return failed(count) ? libc.sendfile(target, source, position, byteLength) : count;
}

function isUnsupported(failure: Errno): boolean {
  return failure.code === "EINVAL" || failure.code === "ENOSYS";
}

async function copyChunk(
  libc: Libc,
  { target, source, from, to, targetPosition }: Transfer,
  position: number,
  buffer: Uint8Array,
): Promise<Outcome> {
  const chunk = buffer.subarray(0, Math.min(buffer.length, to - position));
  const count = libc.pread(source, chunk, position);
  if (failed(count)) return count;
  return await writeAll(libc, target, chunk.subarray(0, count), targetPosition + position - from);
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
