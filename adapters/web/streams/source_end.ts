/**
 * How a source ends (at its end, by cancel, signal, failure or disposal) and is iterated over.
 *
 * @module
 */
import { type IteratedStream, type SourceFeed, watchSignal } from "../../core/mod.ts";

/** Ties what a source reads by to its stream. */
export class SourceEnd<M> implements UnderlyingDefaultSource<M> {
  readonly feed: SourceFeed<M>;
  readonly #signal: AbortSignal | undefined;
  readonly #blockCountMax: number;
  #controller: ReadableStreamDefaultController<M> | undefined;
  #unwatch: (() => void) | undefined;
  #isOver = false;
  #isPulling = false;
  #hasPulled = false;
  #blockCount = 1;

  /** `blockCountMax`: how many chunks may be handed to the stream when one is asked for. */
  constructor(feed: SourceFeed<M>, signal: AbortSignal | undefined, blockCountMax: number = 1) {
    this.feed = feed;
    this.#signal = signal;
    this.#blockCountMax = blockCountMax;
  }

  start(controller: ReadableStreamDefaultController<M>): void {
    this.#controller = controller;
    this.#unwatch = watchSignal(this.#signal, (reason) => {
      controller.error(reason);
      this.cancel();
    });
  }

  /** Whether the stream has, or is about to have, a chunk that was not read. */
  get isAhead(): boolean {
    return this.#isPulling || (this.#hasPulled && (this.#controller?.desiredSize ?? 0) < 0);
  }

  /**
   * Answers a read with a block of what is in memory: what a stream has it hands out for less than
   * what it has to ask for.
   */
  pull(controller: ReadableStreamDefaultController<M>): Promise<void> | undefined {
    this.#hasPulled = true;
    let chunk = this.feed.ready();
    if (chunk === undefined) return this.#pullLater(controller);
    for (let left = this.#blockCount; chunk !== undefined; chunk = this.feed.ready()) {
      controller.enqueue(chunk);
      if (--left === 0) break;
    }
    this.#blockCount = Math.min(2 * this.#blockCount, this.#blockCountMax);
    return undefined;
  }

  async #pullLater(controller: ReadableStreamDefaultController<M>): Promise<void> {
    // Who is slow with what he reads gets less of it at once, so that others have their turn.
    this.#blockCount = 1;
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
      const chunk = await this.feed.next();
      if (chunk === undefined) this.#finish();
      return chunk;
    } catch (error) {
      if (!this.#isOver) this.#controller?.error(error);
      this.cancel();
      throw error;
    }
  }

  /** Ends the stream in order, if it has not ended. */
  close(): void {
    this.feed.core.stop();
    this.#finish();
  }

  /** Ends reading, and gives the group back. */
  cancel(): void {
    this.#forget();
    this.feed.core.stop();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#forget();
    this.#controller?.close();
  }

  #forget(): void {
    this.#isOver = true;
    this.#unwatch?.();
  }
}

/**
 * Iterates over a source: holds the stream's reader, which keeps others from reading, and takes
 * chunks past the stream, which costs less.
 */
export class IteratedSource<M> implements IteratedStream<M> {
  readonly #end: SourceEnd<M>;
  readonly #reader: ReadableStreamDefaultReader<M>;
  #isReleased = false;

  constructor(end: SourceEnd<M>, reader: ReadableStreamDefaultReader<M>) {
    this.#end = end;
    this.#reader = reader;
  }

  take(): M | Promise<M | undefined> {
    if (this.#end.isAhead) return this.#orEnd(this.#reader.read().then(({ value }) => value));
    return this.#end.feed.ready() ?? this.#orEnd(this.#end.next());
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }

  release(): void {
    this.#isReleased = true;
    this.#reader.releaseLock();
  }

  /** Behind the last chunk: the end, or the error of a stream that failed. */
  async #orEnd(next: Promise<M | undefined>): Promise<M | undefined> {
    const chunk = await next;
    if (chunk === undefined && !this.#isReleased) await this.#reader.closed;
    return chunk;
  }
}
