/**
 * Buffers for entries that are not written yet, used again and again: ten thousand idle queues hold
 * none, and a busy one makes no garbage.
 *
 * @module
 */

/** Bytes, and a view of the same bytes. */
export class EntryBuffer {
  /** The bytes. */
  readonly bytes: Uint8Array;
  /** A view of them. */
  readonly view: DataView;

  /**
   * Makes a buffer of zeros.
   *
   * @param byteLength Its length in bytes.
   */
  constructor(byteLength: number) {
    this.bytes = new Uint8Array(byteLength);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** Shortest buffer: six queue entries. */
const LEAST_BITS = 7;
/** Longer buffers are rare and large: they are left to the garbage collector. */
const MOST_BITS = 20;
/** Kept buffers of one length; 64 of the longest would be 64 MiB, and four are plenty. */
const KEPT_BYTE_LENGTH = 4 << MOST_BITS;
const KEPT_COUNT = 64;

/** A store of buffers whose lengths are powers of two. */
export class BufferPool {
  readonly #kept: EntryBuffer[][] = [];

  /**
   * Gives a buffer. Its content is whatever it was.
   *
   * @param byteLength How long it must be at least.
   * @returns A buffer that nobody else has.
   */
  take(byteLength: number): EntryBuffer {
    const bits = bitsFor(byteLength);
    return this.#kept[bits]?.pop() ?? new EntryBuffer(2 ** bits);
  }

  /**
   * Takes a buffer back.
   *
   * @param buffer One that {@linkcode BufferPool.take} gave, and that its taker forgets now.
   */
  give(buffer: EntryBuffer): void {
    const bits = bitsFor(buffer.bytes.length);
    if (bits > MOST_BITS) return;
    const kept = this.#kept[bits] ??= [];
    if (kept.length < Math.min(KEPT_COUNT, KEPT_BYTE_LENGTH >> bits)) kept.push(buffer);
  }
}

function bitsFor(byteLength: number): number {
  return Math.max(LEAST_BITS, Math.ceil(Math.log2(byteLength)));
}
