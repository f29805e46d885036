/**
 * How a source ends (at its end, by cancel, signal, failure or disposal) and is iterated over.
 *
 * @module
 */
import { type IteratedStream, SignalWatch, type SourceFeed } from "../core/mod.ts";

/** Ties what a source reads by to its stream. */
export class SourceEnd<M> implements UnderlyingDefaultSource<M> {
  readonly #feed: SourceFeed<M>;
  readonly #signal: AbortSignal | undefined;
  #controller: ReadableStreamDefaultController<M> | undefined;
  #watch: SignalWatch | undefined;
  #isPulling = false;

  constructor(feed: SourceFeed<M>, signal: AbortSignal | undefined) {
    this.#feed = feed;
    this.#signal = signal;
  }

  start(controller: ReadableStreamDefaultController<M>): void {
    this.#controller = controller;
    this.#watch = new SignalWatch(this.#signal, (reason) => {
      controller.error(reason);
      this.cancel();
    });
  }

  /** Whether the stream has, or is about to have, a chunk that was not read. */
  get isAhead(): boolean {
    return this.#isPulling || (this.#controller?.desiredSize ?? 0) < 0;
  }

  async pull(controller: ReadableStreamDefaultController<M>): Promise<void> {
    this.#isPulling = true;
    try {
      const chunk = await this.next();
      if (chunk !== undefined) controller.enqueue(chunk);
    } finally {
      this.#isPulling = false;
    }
  }

  /** The next chunk; without one the stream has been closed, or errored. */
  async next(): Promise<M | undefined> {
    try {
      const chunk = await this.#feed.next();
      if (chunk === undefined) this.#finish();
      return chunk;
    } catch (error) {
      this.#controller?.error(error);
      this.cancel();
      throw error;
    }
  }

  /** Ends the stream in order, if it has not ended. */
  close(): void {
    const controller = this.#controller;
    this.cancel();
    controller?.close();
  }

  /** Ends reading, and gives the group back. */
  cancel(): void {
    this.#forget();
    this.#feed.stop();
  }

  #finish(): void {
    const controller = this.#controller;
    this.#forget();
    controller?.close();
  }

  #forget(): void {
    this.#controller = undefined;
    this.#watch?.forget();
  }
}

/**
 * Holds the stream's reader, which keeps others from reading, and takes chunks past the stream,
 * which costs less.
 */
export class IteratedSource<M> implements IteratedStream<M> {
  readonly #feed: SourceFeed<M>;
  readonly #end: SourceEnd<M>;
  readonly #reader: ReadableStreamDefaultReader<M>;
  #isReleased = false;

  constructor(feed: SourceFeed<M>, end: SourceEnd<M>, reader: ReadableStreamDefaultReader<M>) {
    this.#feed = feed;
    this.#end = end;
    this.#reader = reader;
  }

  take(): M | Promise<M | undefined> {
    if (this.#end.isAhead) return this.#read();
    return this.#feed.ready() ?? this.#next();
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
