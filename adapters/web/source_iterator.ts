/**
 * Iterating over a web source.
 *
 * @module
 */
import type { IteratedStream } from "../core/mod.ts";
import type { SourceEnd } from "./source_end.ts";

/**
 * Holds the stream's reader, which keeps others from reading, and takes chunks past the stream,
 * which costs less.
 */
export class IteratedSource<M> implements IteratedStream<M> {
  readonly #reader: ReadableStreamDefaultReader<M>;
  readonly #end: SourceEnd<M>;
  #isReleased = false;

  constructor(reader: ReadableStreamDefaultReader<M>, end: SourceEnd<M>) {
    this.#reader = reader;
    this.#end = end;
  }

  take(): M | Promise<M | undefined> {
    if (this.#end.isAhead) return this.#read();
    return this.#end.feed.ready() ?? this.#next();
  }

  /** If the source was ended meanwhile, the end of the stream tells it. */
  done(chunk: M): void {
    if (!this.#end.feed.isStopped) this.#end.feed.done(chunk);
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }

  release(): void {
    this.#isReleased = true;
    this.#reader.releaseLock();
  }

  async #read(): Promise<M | undefined> {
    const { value } = await this.#reader.read();
    return value ?? await this.#ended();
  }

  async #next(): Promise<M | undefined> {
    return await this.#end.next() ?? await this.#ended();
  }

  /** The end, or the error of a stream that failed. */
  async #ended(): Promise<undefined> {
    if (!this.#isReleased) await this.#reader.closed;
  }
}
