/**
 * Between a source's feed and its `Readable`.
 *
 * @module
 */
import type { Readable } from "node:stream";
import { type IteratedStream, SignalWatch, type SourceFeed } from "../core/mod.ts";
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
