/**
 * A topic as a `WritableStream`.
 *
 * @module
 */
import { checkCall } from "../../storage/arguments/mod.ts";
import type { Store } from "../../storage/mod.ts";
import {
  DELIMITER_TEXT,
  SINK_BYTES_DOOR,
  SINK_DOOR,
  type SinkBytesOptions,
  type SinkChunk,
  type SinkOptions,
  type SinkProgress,
} from "../core/mod.ts";
import { SinkEnd } from "./sink_end.ts";

/**
 * Makes a stream that appends what is written to it to a topic.
 *
 * - An array of chunks is one batch: cheaper than one by one, and committed when its write
 *   resolves.
 * - A write resolves when the store has accepted the chunk and no more than `highWaterMark` bytes
 *   of accepted records wait for the page cache.
 * - `close()` resolves when everything that was accepted is on the disk.
 * - `abort()`, and the end of `signal`, leave what was accepted.
 * - A failure of the store errors the stream with the store's own error.
 * - A chunk belongs to the sink from the moment the stream hands it over. Until its write has
 *   settled, what is changed in it may change that message, and nothing else; a stream that is busy
 *   keeps it as it is. Hand over `bytes.slice()` if you do not wait.
 *
 * @example Usage
 * ```ts ignore
 * await readable.pipeTo(sink(store, "orders", { tags: "new" }));
 * ```
 *
 * @param store Store to write to.
 * @param topic Topic of chunks without one.
 * @param options Tags, keys, queue and the byte budget.
 * @returns The stream.
 * @throws {TypeError} If `topic` is not a topic, or an option is unknown or of the wrong type.
 * @throws {RangeError} If `highWaterMark` is not a whole number above 0, or `queueId` is not a
 * queue.
 * @throws The reason of `signal`, if it was aborted before.
 */
export function sink(store: Store, topic: string, options: SinkOptions = {}): Sink {
  checkCall(SINK_DOOR, store, topic, options);
  return new WebSink(store, topic, options);
}

/**
 * Makes a stream that appends the bytes which are written to it to a topic, one message for what
 * stands between two delimiters, one batch for a chunk.
 *
 * It does what {@linkcode sink} does. What follows the last delimiter is kept until more comes, and
 * written at `close()`; `abort()` drops it. A message that is longer than the store takes is
 * refused as soon as that is known.
 *
 * @example Usage
 * ```ts ignore
 * const response = await fetch("https://example.com/events.ndjson");
 * await response.body.pipeTo(sinkBytes(store, "events"));
 * ```
 *
 * @param store Store to write to.
 * @param topic Topic of the messages.
 * @param options Delimiter, tags, keys, queue and the byte budget.
 * @returns The stream.
 * @throws {TypeError} If `topic` is not a topic, or an option is unknown or of the wrong type.
 * @throws {RangeError} If `highWaterMark` is not a whole number above 0, or `queueId` is not a
 * queue.
 * @throws The reason of `signal`, if it was aborted before.
 */
export function sinkBytes(
  store: Store,
  topic: string,
  options: SinkBytesOptions = {},
): Sink<Uint8Array> {
  checkCall(SINK_BYTES_DOOR, store, topic, options);
  const { delimiter = DELIMITER_TEXT } = options;
  return new WebSink<Uint8Array>(store, topic, { ...options, delimiter });
}

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

class WebSink<T extends SinkChunk> extends WritableStream<T | readonly T[]> implements Sink<T> {
  readonly #end: SinkEnd;

  constructor(store: Store, topic: string, options: SinkBytesOptions) {
    const end = new SinkEnd(store, topic, options);
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
