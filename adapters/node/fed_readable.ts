/**
 * A `Readable` that a source's feed fills.
 *
 * @module
 */
import { Readable, type ReadableOptions } from "node:stream";
import { type SourceFeed, watchSignal } from "../core/mod.ts";
import { errorOf } from "./stream_error.ts";

/** Gives a chunk whenever it is asked for one, and ends with the feed. */
export class FedReadable<M> extends Readable {
  readonly #feed: SourceFeed<M>;
  readonly #unwatch: () => void;

  constructor(feed: SourceFeed<M>, { signal, ...options }: ReadableOptions) {
    super(options);
    this.#feed = feed;
    this.#unwatch = watchSignal(signal, (reason) => this.destroy(errorOf(reason)));
  }

  /** Pushes one chunk, or the end: the stream asks again below its mark. */
  override async _read(): Promise<void> {
    try {
      const chunk = this.#feed.ready() ?? await this.#feed.next();
      if (!this.destroyed) this.push(chunk ?? null);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  /**
   * Gives everything back, except queues of a source read to its end whose last message is not
   * done.
   */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#unwatch();
    if (error !== null || !this.readableEnded) this.#feed.core.stop();
    callback(error);
  }
}
