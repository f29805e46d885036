/**
 * Between the part of a source that knows the store and its `Readable`.
 *
 * @module
 */
import type { Readable } from "node:stream";
import type { SourceFeed } from "../core/mod.ts";
import { StreamSignal } from "./stream_signal.ts";

/** Gives a stream a chunk whenever it asks for one, and ends with it. */
export class SourcePump<M> {
  readonly #stream: Readable;
  readonly #feed: SourceFeed<M>;
  readonly #signal: StreamSignal;

  /** Ties a stream to what it reads by; the signal, if there is one, destroys the stream. */
  constructor(stream: Readable, feed: SourceFeed<M>, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.#feed = feed;
    this.#signal = new StreamSignal(signal, (error) => stream.destroy(error));
  }

  /** Answers one question for more with one chunk, or with the end: the stream asks again below its mark. */
  async read(): Promise<void> {
    try {
      const chunk = this.#feed.ready() ?? await this.#feed.next();
      if (!this.#stream.destroyed) this.#stream.push(chunk ?? null);
    } catch (error) {
      this.#stream.destroy(error as Error);
    }
  }

  /** Gives everything back, but for queues of a source that was read to its end and whose last message is not done yet. */
  destroy(error: Error | null): void {
    this.#signal.forget();
    if (error !== null || !this.#stream.readableEnded) this.#feed.stop();
  }
}
