/**
 * Ordinary memory in which records are encoded before they reach the file.
 *
 * @module
 */

/** A buffer that grows for a large record or batch and shrinks again. */
export class StagingBuffer {
  readonly #usualByteLength: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  /** Bytes in use. */
  used = 0;

  /**
   * Makes an empty buffer.
   *
   * @param byteLength Its usual length, bytes.
   */
  constructor(byteLength: number) {
    this.#usualByteLength = byteLength;
    this.#bytes = new Uint8Array(byteLength);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** All of it. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** The same bytes. */
  get view(): DataView<ArrayBuffer> {
    return this.#view;
  }

  /** Bytes that are free. */
  get room(): number {
    return this.#bytes.length - this.used;
  }

  /**
   * Makes an empty buffer long enough.
   *
   * @param byteLength Bytes that must fit.
   */
  ensure(byteLength: number): void {
    if (byteLength > this.#bytes.length) this.#replace(byteLength);
  }

  /** Forgets the content, and memory beyond the usual. */
  clear(): void {
    this.used = 0;
    if (this.#bytes.length > this.#usualByteLength) this.#replace(this.#usualByteLength);
  }

  #replace(byteLength: number): void {
    this.#bytes = new Uint8Array(byteLength);
    this.#view = new DataView(this.#bytes.buffer);
  }
}
