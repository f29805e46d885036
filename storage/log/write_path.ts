/**
 * The two write paths: when `write()` returns, the bytes are in the page cache, so they survive the
 * death of the process and every reader sees them.
 *
 * @module
 */
import { failed, type Libc, type Outcome } from "../../ffi/mod.ts";
import { assert } from "../assert.ts";
import { writeFully } from "../directory/mod.ts";
import type { ActiveSegment } from "./active_segment.ts";

/** How encoded records reach the file. */
export interface WritePath {
  /**
   * Writes records at byte `offset` of the segment. A batch appears at once: first all but the size
   * word, then that. A killed process leaves all of it or a record of length 0.
   */
  write(segment: ActiveSegment, offset: number, bytes: Uint8Array, isBatch: boolean): Outcome;
}

const SIZE_WORD_BYTE_LENGTH = 4;

/** RocketMQ's transient store pool: positioned writes from a staging buffer. */
export class StagedPath implements WritePath {
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  write(segment: ActiveSegment, offset: number, bytes: Uint8Array, isBatch: boolean): Outcome {
    const { descriptor } = segment;
    if (!isBatch) return writeFully(this.#libc, descriptor, bytes, offset);
    const rest = bytes.subarray(SIZE_WORD_BYTE_LENGTH);
    const written = writeFully(this.#libc, descriptor, rest, offset + SIZE_WORD_BYTE_LENGTH);
    if (failed(written)) return written;
    return writeFully(this.#libc, descriptor, bytes.subarray(0, SIZE_WORD_BYTE_LENGTH), offset);
  }
}

/** Bytes of a mapping that are made present when a record reaches pages that are not. */
const STEP_BYTE_LENGTH = 1024 * 1024;

/** Bytes ahead of the records that another thread makes present. */
const AHEAD_BYTE_LENGTH = 32 * 1024 * 1024;

/** From so many bytes on, a positioned write costs less than page faults. */
const BULK_BYTE_LENGTH = 16 * 1024;

/**
 * RocketMQ's mapped files: stores into a mapping whose pages were made present ahead. Long writes
 * go to the same page cache by a positioned write, which needs no page of the mapping.
 */
export class MappedPath implements WritePath {
  readonly #positioned: StagedPath;
  #segment: ActiveSegment | undefined;
  /** Bytes of the segment whose pages are known to be present. */
  #presentTo = 0;
  /** Where short writes go into the mapping again after a long one. */
  #mappedFrom = 0;
  #writtenByteLength = 0;

  constructor(libc: Libc) {
    this.#positioned = new StagedPath(libc);
  }

  write(segment: ActiveSegment, offset: number, bytes: Uint8Array, isBatch: boolean): Outcome {
    if (this.#segment !== segment) {
      this.#segment = segment;
      this.#presentTo = offset;
      this.#mappedFrom = 0;
    }
    if (this.#isPositioned(offset, bytes.length)) {
      return this.#positioned.write(segment, offset, bytes, isBatch);
    }
    const ready = this.#makePresent(segment, offset, bytes.length);
    if (failed(ready)) return ready;
    const mapping = segment.mapping!;
    const sizes = takeSizes(isBatch ? bytes.subarray(0, SIZE_WORD_BYTE_LENGTH) : bytes);
    try {
      mapping.copyIn(offset, bytes);
    } finally {
      // The staged bytes stay as they were, so that a failed write can be tried again.
      giveSizes(bytes, sizes);
    }
    let at = offset;
    for (const size of sizes) {
      mapping.publishI32(at, size);
      at += size;
    }
    return bytes.length;
  }

  /**
   * Whether a write is a long one, or a short one close behind it: where both come in turn, each
   * short one would make pages present that the next long one needs not.
   */
  #isPositioned(offset: number, byteLength: number): boolean {
    const end = offset + byteLength;
    if (byteLength < BULK_BYTE_LENGTH) return offset < this.#mappedFrom && end > this.#presentTo;
    this.#mappedFrom = end + BULK_BYTE_LENGTH;
    return true;
  }

  #makePresent(segment: ActiveSegment, offset: number, byteLength: number): Outcome {
    const populator = segment.populator!;
    const end = offset + byteLength;
    this.#writtenByteLength += byteLength;
    if (end <= this.#presentTo) return 0;
    // Bytes that a positioned write has covered need no page.
    this.#presentTo = Math.max(this.#presentTo, offset);
    // Cheap where the other thread has been, but needed: the file may have been cut since.
    const to = Math.min(segment.byteLength, Math.max(end, this.#presentTo + STEP_BYTE_LENGTH));
    const populated = populator.populate(this.#presentTo, to);
    if (failed(populated)) return populated;
    this.#presentTo = to;
    // The more was written, the further ahead: a store of few messages does not dirty megabytes.
    populator.askFor(to, to + Math.min(this.#writtenByteLength, AHEAD_BYTE_LENGTH));
    return 0;
  }
}

/**
 * Takes the size words out of staged records. A copy stores its bytes in any order: a process
 * killed in the middle would leave a hole before whole records, which looks like damage. Without
 * sizes they are not records yet; stored one after another behind the copy, the sizes make them
 * appear in order.
 */
function takeSizes(source: Uint8Array): number[] {
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  const sizes: number[] = [];
  for (let at = 0; at < source.length;) {
    const size = view.getInt32(at);
    assert(size > 0, "A staged record says how long it is");
    view.setInt32(at, 0);
    sizes.push(size);
    // A blank record claims more than is written of it.
    at += size;
  }
  return sizes;
}

function giveSizes(source: Uint8Array, sizes: readonly number[]): void {
  const view = new DataView(source.buffer, source.byteOffset);
  let at = 0;
  for (const size of sizes) {
    view.setInt32(at, size);
    at += size;
  }
}
