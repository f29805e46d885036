/**
 * The `WritableStream` of a sink, whatever is written to it.
 *
 * @module
 */
import type { Store } from "../../../storage/mod.ts";
import type { SinkBytesOptions, SinkChunk, SinkProgress } from "../../core/mod.ts";
import { SinkEnd, type Translate } from "./sink_end.ts";

/**
 * The stream that {@linkcode sink} makes. An array of chunks is written as one batch; an empty one
 * is nothing. Leaving the scope of `await using` closes it.
 */
export interface Sink<T = SinkChunk> extends WritableStream<T | readonly T[]>, AsyncDisposable {
  /** How far the sink is on the disk, as of now; all of it once `close()` has resolved. */
  readonly flushed: SinkProgress;
  /**
   * Closes the stream, or waits for a close that is under way. A sink that failed has told so
   * already, so this does not fail again. Only its writer can close a stream that is locked: then
   * what was written is made durable, and later writes are refused.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The stream of a sink that translates what is written to it, as `T`. */
export class WebSink<T> extends WritableStream<T> implements AsyncDisposable {
  readonly #end: SinkEnd<T>;

  constructor(store: Store, topic: string, options: SinkBytesOptions, translate: Translate<T>) {
    const end = new SinkEnd(store, topic, options, translate);
    super(end, { highWaterMark: 1, size: () => end.expect() });
    this.#end = end;
  }

  get flushed(): SinkProgress {
    return this.#end.flushed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end.isOver || this.locked) await this.#end.dispose();
    else await this.#closed();
  }

  /**
   * Closes the stream. If a close waits already for the chunks before it, its caller is told how it
   * ended.
   */
  async #closed(): Promise<void> {
    const writer = this.getWriter();
    try {
      await writer.close();
    } catch (error) {
      const failure = await writer.closed.catch((reason) => reason);
      if (failure === error) throw error;
    } finally {
      writer.releaseLock();
    }
  }
}
