/**
 * How a source ends: at its end, by cancel, by its signal, by a failure, by disposal.
 *
 * @module
 */
import { SignalWatch, type SourceFeed } from "../core/mod.ts";

/** Ties what a source reads by to its stream. */
export class SourceEnd<M> {
  readonly feed: SourceFeed<M>;
  readonly #signal: AbortSignal | undefined;
  #controller: ReadableStreamDefaultController<M> | undefined;
  #watch: SignalWatch | undefined;
  #isPulling = false;

  constructor(feed: SourceFeed<M>, signal: AbortSignal | undefined) {
    this.feed = feed;
    this.#signal = signal;
  }

  listen(controller: ReadableStreamDefaultController<M>): void {
    this.#controller = controller;
    this.#watch = new SignalWatch(this.#signal, (reason) => {
      controller.error(reason);
      this.stop();
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
      const chunk = await this.feed.next();
      if (chunk === undefined) this.#finish();
      return chunk;
    } catch (error) {
      this.#controller?.error(error);
      this.stop();
      throw error;
    }
  }

  /** Ends the stream in order, if it has not ended. */
  close(): void {
    const controller = this.#controller;
    this.stop();
    controller?.close();
  }

  stop(): void {
    this.#forget();
    this.feed.stop();
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
