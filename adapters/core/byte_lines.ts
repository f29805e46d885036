/**
 * The bytes that are written to a sink as messages.
 *
 * @module
 */
import { argumentError, showArgument, type Store } from "../../storage/mod.ts";
import { RecordSplitter } from "./record_splitter.ts";

/** Cuts chunks of bytes at a delimiter, wherever a chunk ends. */
export class ByteLines {
  readonly #splitter: RecordSplitter;
  readonly #byteLengthMax: number;
  readonly #topic: string;

  constructor(store: Store, topic: string, delimiter: string) {
    this.#splitter = new RecordSplitter(new TextEncoder().encode(delimiter));
    this.#byteLengthMax = store.info.geometry.maxBodyByteLength;
    this.#topic = topic;
  }

  /** The messages that are whole by now; views of the chunk or copies. */
  take(chunk: unknown): Uint8Array[] {
    const chunks: readonly unknown[] = Array.isArray(chunk) ? chunk : [chunk];
    const lines = chunks.flatMap((one) => this.#splitter.push(this.#bytesOf(one)));
    // Longer than a message may be: let the store refuse it before memory is full of it.
    return this.#splitter.restByteLength > this.#byteLengthMax ? [...lines, ...this.rest()] : lines;
  }

  /** What came after the last delimiter, if anything. */
  rest(): Uint8Array[] {
    const rest = this.#splitter.end();
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
