/**
 * The bytes of a file, read piece by piece, so that a segment of a gigabyte is no harder than one of a page.
 *
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const WINDOW_BYTE_LENGTH = 1024 * 1024;

/** Bytes that can be read in any order. */
export interface ByteSource {
  /** How many there are. */
  readonly byteLength: number;
  /**
   * Lends bytes until the next call.
   *
   * @param offset First of them.
   * @param byteLength How many.
   * @returns That many, or those up to the end.
   */
  bytes(offset: number, byteLength: number): Uint8Array;
  /** Ends the reading. */
  close(): void;
}

/**
 * Bytes that are in memory already.
 *
 * @param bytes The bytes.
 * @returns A source of them.
 */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    byteLength: bytes.length,
    bytes: (offset, byteLength) => bytes.subarray(offset, offset + byteLength),
    close() {},
  };
}

/**
 * Opens a file.
 *
 * @param path Its path.
 * @returns A source of its bytes.
 * @throws {Error} If it cannot be opened or is no regular file.
 */
export function fileSource(path: string): ByteSource {
  const descriptor = openSync(path, "r");
  const status = fstatSync(descriptor);
  if (!status.isFile()) {
    closeSync(descriptor);
    throw new Error(`Cannot dump ${JSON.stringify(path)}: it is no regular file`);
  }
  return new FileSource(descriptor, status.size);
}

class FileSource implements ByteSource {
  readonly byteLength: number;
  readonly #descriptor: number;
  #window: Uint8Array = new Uint8Array(0);
  #from = 0;

  constructor(descriptor: number, byteLength: number) {
    this.#descriptor = descriptor;
    this.byteLength = byteLength;
  }

  bytes(offset: number, byteLength: number): Uint8Array {
    const wanted = Math.max(0, Math.min(byteLength, this.byteLength - offset));
    const at = offset - this.#from;
    if (at < 0 || at + wanted > this.#window.length) {
      this.#load(offset, Math.max(wanted, WINDOW_BYTE_LENGTH));
      return this.#window.subarray(0, wanted);
    }
    return this.#window.subarray(at, at + wanted);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #load(offset: number, byteLength: number): void {
    const room = Math.min(byteLength, this.byteLength - offset);
    const window = new Uint8Array(Math.max(0, room));
    let done = 0;
    while (done < window.length) {
      const count = readSync(this.#descriptor, window, done, window.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    this.#window = window.subarray(0, done);
    this.#from = offset;
  }
}

/**
 * A `DataView` over bytes.
 *
 * @param bytes The bytes.
 * @returns A view of the same bytes.
 */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
