/**
 * Iterating over a `Readable` whose chunks are said to be done.
 *
 * @module
 */
import type { Readable } from "node:stream";
import type { IteratedStream, SourceFeed } from "../core/mod.ts";

/** Takes chunks by the stream's own iterator. */
export class IteratedSource<M> implements IteratedStream<M> {
  readonly #stream: Readable;
  readonly #feed: SourceFeed<M>;
  readonly #messages: AsyncIterator<M>;
  readonly #isEnded: () => boolean;
  #isLeft = false;

  /**
   * The stream's iterator fails when the stream is destroyed, unless `isEnded` says that it was to
   * end.
   */
  constructor(
    stream: Readable,
    feed: SourceFeed<M>,
    { messages, isEnded }: {
      readonly messages: AsyncIterator<M>;
      readonly isEnded: () => boolean;
    },
  ) {
    this.#stream = stream;
    this.#feed = feed;
    this.#messages = messages;
    this.#isEnded = isEnded;
  }

  async take(): Promise<M | undefined> {
    try {
      const { done, value } = await this.#messages.next();
      return done ? undefined : value;
    } catch (error) {
      if (this.#isLeft || this.#isEnded()) return undefined;
      throw error;
    }
  }

  /** If the source was destroyed meanwhile, the next `take()` tells it. */
  done(chunk: M): void {
    if (!this.#feed.isStopped) this.#feed.done(chunk);
  }

  /** Destroys the stream: its own iterator would first wait for a message. */
  leave(): void {
    this.#isLeft = true;
    this.#stream.destroy();
  }

  release(): void {
    void this.#messages.return?.();
  }
}
