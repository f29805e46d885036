/**
 * Between the part of a source that knows the store and its `Readable`.
 *
 * @module
 */
import type { Readable } from "node:stream";
import type { StoredMessage } from "../../storage/mod.ts";
import type { SourceCore } from "../core/mod.ts";
import { StreamSignal } from "./stream_signal.ts";

/** Gives a stream a chunk whenever it asks for one, and ends with it. */
export class SourcePump {
  readonly #stream: Readable;
  readonly #core: SourceCore;
  readonly #chunkOf: (message: StoredMessage) => StoredMessage | Uint8Array;
  readonly #signal: StreamSignal;

  /**
   * Ties a stream to what it reads by.
   *
   * @param stream The stream; the signal destroys it.
   * @param core What it reads by.
   * @param chunkOf Makes a chunk of a message; an empty one is left out.
   * @param signal The signal, if there is one.
   */
  constructor(
    stream: Readable,
    core: SourceCore,
    chunkOf: (message: StoredMessage) => StoredMessage | Uint8Array,
    signal: AbortSignal | undefined,
  ) {
    this.#stream = stream;
    this.#core = core;
    this.#chunkOf = chunkOf;
    this.#signal = new StreamSignal(signal, (error) => stream.destroy(error));
  }

  /** Answers one question for more with one chunk, or with the end: the stream asks again below its mark. */
  async read(): Promise<void> {
    try {
      for (;;) {
        const message = this.#core.ready() ?? await this.#core.next();
        if (this.#stream.destroyed) return;
        const chunk = message === undefined ? null : this.#chunkOf(message);
        // Nothing to push is no answer, and the stream would wait for one.
        if (chunk instanceof Uint8Array && chunk.byteLength === 0) continue;
        this.#stream.push(chunk);
        return;
      }
    } catch (error) {
      this.#stream.destroy(error as Error);
    }
  }

  /** Gives everything back, but for queues of a source that was read to its end and whose last commit is to come. */
  destroy(error: Error | null): void {
    this.#signal.forget();
    if (error !== null || !this.#stream.readableEnded) this.#core.stop();
  }
}
