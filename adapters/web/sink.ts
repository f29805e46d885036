/**
 * A topic as a `WritableStream`.
 *
 * @module
 */
import { checkCall } from "../../storage/arguments/mod.ts";
import type { Store } from "../../storage/mod.ts";
import {
  asGiven,
  DELIMITER_TEXT,
  SINK_BYTES_DOOR,
  SINK_DOOR,
  type SinkBytesOptions,
  type SinkChunk,
  type SinkOptions,
} from "../core/mod.ts";
import { type Sink, WebSink } from "./streams/mod.ts";

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
  return new WebSink<SinkChunk | readonly SinkChunk[]>(store, topic, options, asGiven);
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
  const all = { ...options, delimiter };
  return new WebSink<Uint8Array | readonly Uint8Array[]>(store, topic, all, asGiven);
}
