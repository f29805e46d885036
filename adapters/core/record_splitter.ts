/**
 * Cutting a stream of bytes into records at a delimiter.
 *
 * @module
 */
import { argumentError, showArgument, type Store } from "../../storage/mod.ts";

export class RecordSplitter {
  readonly #delimiter: Uint8Array;
  /** What came after the last delimiter. */
  #rest: Uint8Array = new Uint8Array(0);

  /** `delimiter` has at least one byte. */
  constructor(delimiter: Uint8Array) {
    this.#delimiter = delimiter;
  }

  get restByteLength(): number {
    return this.#rest.length;
  }

  /** Takes the next bytes; gives the records that are whole by now, views of `chunk` or copies. */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    const records: Uint8Array[] = [];
    // A delimiter may have begun in the rest, but only in its last bytes.
    let from = 0;
    let search = Math.max(0, this.#rest.length - this.#delimiter.length + 1);
    for (let at = this.#find(bytes, search); at >= 0; at = this.#find(bytes, search)) {
      records.push(bytes.subarray(from, at));
      from = at + this.#delimiter.length;
      search = from;
    }
    // Of a Buffer, slice() is no copy.
    this.#rest = Uint8Array.prototype.slice.call(bytes, from);
    return records;
  }

  /** Ends the stream, and gives the rest, if any. */
  end(): Uint8Array | undefined {
    const rest = this.#rest;
    this.#rest = new Uint8Array(0);
    return rest.length === 0 ? undefined : rest;
  }

  #find(bytes: Uint8Array, from: number): number {
    const delimiter = this.#delimiter;
    let at = bytes.indexOf(delimiter[0], from);
    while (at >= 0 && at + delimiter.length <= bytes.length) {
      if (delimiter.every((byte, index) => bytes[at + index] === byte)) return at;
      at = bytes.indexOf(delimiter[0], at + 1);
    }
    return -1;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

/** Cuts chunks of bytes at a delimiter, wherever a chunk ends. */
export class ByteLines extends RecordSplitter {
  readonly #byteLengthMax: number;
  readonly #topic: string;

  constructor(store: Store, topic: string, delimiter: string) {
    super(new TextEncoder().encode(delimiter));
    this.#byteLengthMax = store.info.geometry.maxBodyByteLength;
    this.#topic = topic;
  }

  /** The messages that are whole by now; views of the chunk or copies. */
  take(chunk: unknown): Uint8Array[] {
    const chunks: readonly unknown[] = Array.isArray(chunk) ? chunk : [chunk];
    const lines = chunks.flatMap((one) => this.push(this.#bytesOf(one)));
    // Longer than a message may be: let the store refuse it before memory is full of it.
    return this.restByteLength > this.#byteLengthMax ? [...lines, ...this.rest()] : lines;
  }

  /** What came after the last delimiter, if anything. */
  rest(): Uint8Array[] {
    const rest = this.end();
    return rest === undefined ? [] : [rest];
  }

  #bytesOf(chunk: unknown): Uint8Array {
    if (chunk instanceof Uint8Array) return chunk;
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `Cannot write to sink of topic ${this.#topic}: the chunk is ${showArgument(chunk)}, ` +
        `it must be a Uint8Array`,
    );
  }
}
