/**
 * Between a source's feed and its `Readable`.
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

  constructor(stream: Readable, feed: SourceFeed<M>, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.#feed = feed;
    this.#watch = new SignalWatch(signal, (reason) => stream.destroy(errorOf(reason)));
  }

  /** Pushes one chunk, or the end: the stream asks again below its mark. */
  async read(): Promise<void> {
    try {
      const chunk = this.#feed.ready() ?? await this.#feed.next();
      if (!this.#stream.destroyed) this.#stream.push(chunk ?? null);
    } catch (error) {
      this.#stream.destroy(error as Error);
    }
  }

  /**
   * Gives everything back, except queues of a source read to its end whose last message is not
   * done.
   */
  destroy(error: Error | null): void {
    this.#watch.forget();
    if (error !== null || !this.#stream.readableEnded) this.#feed.stop();
  }
}
