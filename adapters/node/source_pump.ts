/**
 * Between the part of a source that knows the store and its `Readable`.
 *
 * @module
 */
import type { Readable } from "node:stream";
import { SignalWatch, type SourceFeed } from "../core/mod.ts";
import { errorOf } from "./stream_error.ts";

/** Gives a stream a chunk whenever it asks for one, and ends with it. */
export class SourcePump<M> {
  readonly #stream: Readable;
  readonly #feed: SourceFeed<M>;
  readonly #watch: SignalWatch;

  /** Ties a stream to what it reads by; the signal, if there is one, destroys the stream. */
  constructor(stream: Readable, feed: SourceFeed<M>, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.#feed = feed;
    this.#watch = new SignalWatch(signal, (reason) => stream.destroy(errorOf(reason)));
  }

  /**
   * Answers one question for more with one chunk, or with the end: the stream asks again below its
   * mark.
   */
  async read(): Promise<void> {
    try {
      const chunk = this.#feed.ready() ?? await this.#feed.next();
      if (!this.#stream.destroyed) this.#stream.push(chunk ?? null);
    } catch (error) {
      this.#stream.destroy(error as Error);
    }
  }

  /**
   * Gives everything back, but for queues of a source that was read to its end and whose last
   * message is not done yet.
   */
  destroy(error: Error | null): void {
    this.#watch.forget();
    if (error !== null || !this.#stream.readableEnded) this.#feed.stop();
  }
}
