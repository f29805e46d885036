/**
 * Iterating over a web source.
 *
 * @module
 */
import type { StoredMessage } from "../../storage/mod.ts";
import type { IteratedStream } from "../core/mod.ts";
import type { SourceEnd } from "./source_end.ts";

/**
 * Holds the stream's reader, so that nobody else reads, and takes messages past the stream, which costs more than
 * reading them.
 */
export class IteratedSource implements IteratedStream<StoredMessage> {
  readonly #reader: ReadableStreamDefaultReader<StoredMessage>;
  readonly #end: SourceEnd;
  #isReleased = false;

  /** Takes over a reader. */
  constructor(reader: ReadableStreamDefaultReader<StoredMessage>, end: SourceEnd) {
    this.#reader = reader;
    this.#end = end;
  }

  /** What was read ahead, what is in memory, or what comes. */
  take(): StoredMessage | Promise<StoredMessage | undefined> {
    if (this.#end.isAhead) return this.#read();
    return this.#end.core.ready() ?? this.#next();
  }

  /** If somebody ended the source while the message was worked on, the end of the stream tells it. */
  done(message: StoredMessage): void {
    if (!this.#end.core.isStopped) this.#end.core.done(message);
  }

  /** Cancels the stream. */
  leave(): Promise<void> {
    return this.#reader.cancel();
  }

  /** Lets go of the reader. */
  release(): void {
    this.#isReleased = true;
    this.#reader.releaseLock();
  }

  async #read(): Promise<StoredMessage | undefined> {
    const { value } = await this.#reader.read();
    return value ?? await this.#ended();
  }

  async #next(): Promise<StoredMessage | undefined> {
    return await this.#end.next() ?? await this.#ended();
  }

  /** The end, or the error of a stream that failed. */
  async #ended(): Promise<undefined> {
    if (!this.#isReleased) await this.#reader.closed;
  }
}
