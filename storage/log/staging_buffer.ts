/**
 * Ordinary memory in which records are encoded before they reach the file.
 *
 * @module
 */

/** A buffer that grows for a large record or batch and shrinks again. */
export class StagingBuffer {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  used = 0;
  readonly #usualByteLength: number;

  constructor(byteLength: number) {
    this.#usualByteLength = byteLength;
    this.bytes = new Uint8Array(byteLength);
    this.view = new DataView(this.bytes.buffer);
  }

  get room(): number {
    return this.bytes.length - this.used;
  }

  /** Makes the empty buffer at least this long. */
  ensure(byteLength: number): void {
    if (byteLength > this.bytes.length) this.#replace(byteLength);
  }

  /** Empties it, and frees memory beyond the usual. */
  clear(): void {
    this.used = 0;
    if (this.bytes.length > this.#usualByteLength) this.#replace(this.#usualByteLength);
  }

  #replace(byteLength: number): void {
    this.bytes = new Uint8Array(byteLength);
    this.view = new DataView(this.bytes.buffer);
  }
}
