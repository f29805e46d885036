/**
 * The two ways to write, with one promise: when `write()` returns, the bytes are in the page cache, so
 * that they survive the death of the process and are seen by every reader.
 *
 * @module
 */
import { failed, type Libc, type Outcome } from "../../ffi/mod.ts";
import { assert } from "../assert.ts";
import { writeFully } from "../directory/mod.ts";
import type { ActiveSegment } from "../segment/mod.ts";

/** How encoded records reach the file. */
export interface WritePath {
  /** Whether records are handed over one request at a time (mapped) instead of gathered (staged). */
  readonly isImmediate: boolean;
  /**
   * Writes encoded records.
   *
   * @param segment The segment.
   * @param offset Byte in the segment.
   * @param source Where they are.
   * @param byteLength How many bytes from the start of `source`.
   * @returns How many bytes: all of them, unless it failed.
   */
  write(segment: ActiveSegment, offset: number, source: Uint8Array, byteLength: number): Outcome;
  /**
   * Writes encoded records so that they appear at once: everything but the first size word, then that. A
   * killed process leaves either all of them or a record of length 0.
   */
  publish(segment: ActiveSegment, offset: number, source: Uint8Array, byteLength: number): Outcome;
}

const SIZE_WORD_BYTE_LENGTH = 4;

/** RocketMQ's transient store pool: positioned writes from a staging buffer. */
export class StagedPath implements WritePath {
  readonly isImmediate = false;
  readonly #libc: Libc;

  /**
   * Makes the path.
   *
   * @param libc The operating system.
   */
  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** See {@linkcode WritePath.write}. */
  write(segment: ActiveSegment, offset: number, source: Uint8Array, byteLength: number): Outcome {
    return writeFully(this.#libc, segment.descriptor, source.subarray(0, byteLength), offset);
  }

  /** See {@linkcode WritePath.publish}. */
  publish(
    segment: ActiveSegment,
    offset: number,
    source: Uint8Array,
    byteLength: number,
  ): Outcome {
    const rest = source.subarray(SIZE_WORD_BYTE_LENGTH, byteLength);
    const hidden = offset + SIZE_WORD_BYTE_LENGTH;
    const written = writeFully(this.#libc, segment.descriptor, rest, hidden);
    if (failed(written)) return written;
    const word = source.subarray(0, SIZE_WORD_BYTE_LENGTH);
    return writeFully(this.#libc, segment.descriptor, word, offset);
  }
}

/** How far ahead of the records the pages of a mapping are made present, bytes. */
const PREFAULT_BYTE_LENGTH = 4 * 1024 * 1024;

/** RocketMQ's mapped files: stores into a mapping whose pages were made present ahead. */
export class MappedPath implements WritePath {
  readonly isImmediate = true;
  readonly #libc: Libc;
  #prefaulted: ActiveSegment | undefined;
  #prefaultedTo = 0;

  /**
   * Makes the path.
   *
   * @param libc The operating system.
   */
  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** See {@linkcode WritePath.write}. */
  write(segment: ActiveSegment, offset: number, source: Uint8Array, byteLength: number): Outcome {
    const ready = this.#prefault(segment, offset, byteLength);
    if (failed(ready)) return ready;
    const mapping = segment.mapping!;
    const view = new DataView(source.buffer, source.byteOffset, byteLength);
    // Record by record, each size word last. A copy stores its bytes in no order (memcpy may end with the first ones): a process
    // killed in the middle of a large one would leave a hole with whole records behind it, which looks like damage.
    for (let at = 0; at < byteLength;) {
      const size = view.getInt32(at);
      assert(size > 0, "A staged record says how long it is");
      // A blank record claims more than is written of it.
      const to = Math.min(at + size, byteLength);
      mapping.copyIn(offset + at + SIZE_WORD_BYTE_LENGTH, source, at + SIZE_WORD_BYTE_LENGTH, to);
      mapping.setI32(offset + at, size);
      at = to;
    }
    return byteLength;
  }

  /** See {@linkcode WritePath.publish}. */
  publish(
    segment: ActiveSegment,
    offset: number,
    source: Uint8Array,
    byteLength: number,
  ): Outcome {
    const ready = this.#prefault(segment, offset, byteLength);
    if (failed(ready)) return ready;
    const mapping = segment.mapping!;
    mapping.copyIn(offset + SIZE_WORD_BYTE_LENGTH, source, SIZE_WORD_BYTE_LENGTH, byteLength);
    const view = new DataView(source.buffer, source.byteOffset, SIZE_WORD_BYTE_LENGTH);
    mapping.publishI32(offset, view.getInt32(0));
    return byteLength;
  }

  /** Makes the pages present, which also turns a truncated file into an error instead of a signal. */
  #prefault(segment: ActiveSegment, offset: number, byteLength: number): Outcome {
    if (this.#prefaulted !== segment) {
      this.#prefaulted = segment;
      this.#prefaultedTo = offset;
    }
    const end = offset + byteLength;
    if (end <= this.#prefaultedTo) return 0;
    const to = Math.min(
      segment.byteLength,
      Math.max(end, this.#prefaultedTo + PREFAULT_BYTE_LENGTH),
    );
    const from = this.#prefaultedTo;
    this.#prefaultedTo = to;
    const advice = this.#libc.constants.MADV_POPULATE_WRITE;
    const populated = this.#libc.madvise(segment.mapping!, from, to - from, advice);
    // Kernels before 5.14 do not know the advice: the stores then fault the pages in one by one.
    return failed(populated) && populated.code === "EINVAL" ? 0 : populated;
  }
}
