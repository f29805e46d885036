/**
 * A `Readable` that a source's feed fills.
 *
 * @module
 */
import { Readable, type ReadableOptions } from "node:stream";
import { type SourceFeed, watchSignal } from "../core/mod.ts";
import { errorOf } from "./stream_error.ts";

/** Gives chunks for as long as it is asked for more, and ends with the feed. */
export class FedReadable<M> extends Readable {
  readonly #feed: SourceFeed<M>;
  readonly #unwatch: () => void;
  /** Whether the stream wants a chunk, as it has asked or as its last push has told. */
  #isWanted = false;
  #isFilling = false;

  constructor(feed: SourceFeed<M>, { signal, ...options }: ReadableOptions) {
    super(options);
    this.#feed = feed;
    this.#unwatch = watchSignal(signal, (reason) => this.destroy(errorOf(reason)));
  }

  /** A stream asks again while it is filled; two that fill would mix up the order. */
  override _read(): void {
    this.#isWanted = true;
    if (this.#isFilling) return;
    this.#isFilling = true;
    this.#fill();
  }

  /** Pushes what is in memory, then waits for more, until the stream has enough. */
  #fill(): void {
    while (this.#isWanted) {
      const chunk = this.#feed.ready();
      if (chunk === undefined) return void this.#fillLater();
      this.#push(chunk);
    }
    this.#isFilling = false;
  }

  async #fillLater(): Promise<void> {
    try {
      const chunk = await this.#feed.next();
      if (this.destroyed) return;
      if (chunk === undefined) return void this.push(null);
      this.#push(chunk);
      this.#fill();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  /** Who reads may ask for more in the middle of it. */
  #push(chunk: M): void {
    this.#isWanted = false;
    if (this.push(chunk)) this.#isWanted = true;
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
