/**
 * Iterating over a `Readable` whose messages are committed.
 *
 * @module
 */
import type { Readable } from "node:stream";
import type { StoredMessage } from "../../storage/mod.ts";
import type { IteratedStream, SourceCore } from "../core/mod.ts";

/** Takes messages by the stream's own iterator. */
export class IteratedSource implements IteratedStream<StoredMessage> {
  readonly #stream: Readable;
  readonly #core: SourceCore;
  readonly #messages: AsyncIterator<StoredMessage>;
  readonly #isEnded: () => boolean;
  #isLeft = false;

  /** Takes over the stream's own iterator, which fails when the stream is destroyed; unless `isEnded` says that it was to end. */
  constructor(
    stream: Readable,
    core: SourceCore,
    { messages, isEnded }: {
      readonly messages: AsyncIterator<StoredMessage>;
      readonly isEnded: () => boolean;
    },
  ) {
    this.#stream = stream;
    this.#core = core;
    this.#messages = messages;
    this.#isEnded = isEnded;
  }

  /** What was read ahead, or what comes. */
  async take(): Promise<StoredMessage | undefined> {
    try {
      const { done, value } = await this.#messages.next();
      return done ? undefined : value;
    } catch (error) {
      if (this.#isLeft || this.#isEnded()) return undefined;
      throw error;
    }
  }

  /** If somebody destroyed the source while the message was worked on, the next `take()` tells it. */
  done(message: StoredMessage): void {
    if (!this.#core.isStopped) this.#core.done(message);
  }

  /** Destroys the stream: its own iterator would first wait for a message. */
  leave(): void {
    this.#isLeft = true;
    this.#stream.destroy();
  }

  /** Lets go of the stream's own iterator. */
  release(): void {
    void this.#messages.return?.();
  }
}
