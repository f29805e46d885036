/**
 * A topic as a `ReadableStream` and an `AsyncIterable`.
 *
 * @module
 */
import { checkCall } from "../../storage/arguments/mod.ts";
import type { Store, StoredMessage } from "../../storage/mod.ts";
import {
  BatchFeed,
  ByteFeed,
  SOURCE_BATCHES_DOOR,
  SOURCE_BYTES_DOOR,
  SOURCE_DOOR,
  type SourceBatchesOptions,
  type SourceBytesOptions,
  SourceCore,
  type SourceOptions,
} from "../core/mod.ts";
import { BLOCK_COUNT, NOTHING_AHEAD, type Source, SourceEnd, WebSource } from "./streams/mod.ts";

/** A chunk of bytes takes no other body from here on. */
const CHUNK_BYTE_LENGTH = 64 * 1024;

/**
 * Makes a stream of the messages of a topic.
 *
 * The messages of a queue come in order; those of several queues in the order of the log, as far as
 * they are there to be read.
 *
 * - Without a `group` it reads what there is and ends, or with `follow` waits for more. Of what is
 *   in memory the stream gets up to 64 messages at once; in a `for await` one by one.
 * - With a `group` it goes on where the group was, follows unless told not to, and sees only what
 *   is on the disk. In a `for await` a message is done when the next one is asked for, so a message
 *   whose handling was interrupted comes again. A pipe pulls ahead of its writer: call
 *   `done(message)` there. A generator that yields messages on, in a `pipeline()` of `node:stream`
 *   too, looks like a loop that works: read by `getReader()` in it, and call `done(message)` where
 *   the work is done.
 * - The store may be one that was opened with `readOnly`, while another process writes: a queue is
 *   read for a group by one source at a time, in whatever process.
 * - When the store is closed, a source that follows ends; one that does not fails. If the store had
 *   failed, both fail.
 * - Leaving the loop, `cancel()`, `signal` and disposal give the group back at once. A pipe that
 *   has reached its end gives it back when the last message is done.
 *
 * @example Usage
 * ```ts ignore
 * for await (const message of source(store, "orders", { group: "billing" })) {
 *   await bill(message.json());
 * }
 * ```
 *
 * @param store Store to read.
 * @param topic Topic to read.
 * @param options Queues, start, group and the rest.
 * @returns The stream.
 * @throws {StoreError<"GROUP_BUSY">} If a source in any process reads a queue for the group.
 * @throws {StoreError<"PERMISSION_DENIED">} If there is a group, and a store that was opened with
 * `readOnly` may not write into its `streambed/groups`.
 * @throws {StoreError<"OFFSET_OUT_OF_RANGE">} If the start, or the group's progress, is not in the
 * log.
 * @throws {TypeError} If a group is to see more than what is flushed, or an option is unknown or
 * of the wrong type.
 * @throws {RangeError} If `limit`, `from` or a queue is not a whole number of 0 or more.
 * @throws The reason of `signal`, if it was aborted before.
 */
export function source(store: Store, topic: string, options: SourceOptions = {}): Source {
  checkCall(SOURCE_DOOR, store, topic, options);
  return new WebSource(new SourceCore(store, topic, options), options, BLOCK_COUNT);
}

/**
 * Makes a stream of batches of messages: what is in memory together comes together.
 *
 * It does what {@linkcode source} does, batch by batch: with a `group`, a batch is done when the
 * next one is asked for, and `done()` takes a batch. `limit` counts messages.
 *
 * @example Usage
 * ```ts ignore
 * for await (const batch of sourceBatches(store, "orders", { group: "billing" })) {
 *   await billAll(batch.map((message) => message.json()));
 * }
 * ```
 *
 * @param store Store to read.
 * @param topic Topic to read.
 * @param options Queues, start, group and the rest, and how many messages a batch has at most.
 * @returns The stream.
 * @throws What {@linkcode source} throws.
 */
export function sourceBatches(
  store: Store,
  topic: string,
  options: SourceBatchesOptions = {},
): Source<readonly StoredMessage[]> {
  checkCall(SOURCE_BATCHES_DOOR, store, topic, options);
  const core = new SourceCore(store, topic, options);
  return new WebSource(new BatchFeed(core, options.batchCount), options);
}

/**
 * Makes a stream of the bodies of a topic as bytes, with a delimiter behind each. A chunk is some
 * bodies, whole, in a buffer of its own.
 *
 * It reads and ends as {@linkcode source} without a group does. A body that holds the delimiter is
 * not marked: who cuts there finds more than one.
 *
 * @example Usage
 * ```ts ignore
 * return new Response(sourceBytes(store, "orders", { since: Date.now() - 60_000 }));
 * ```
 *
 * @example Lines of JSON
 * ```ts ignore
 * for await (const text of sourceBytes(store, "orders").pipeThrough(new TextDecoderStream())) {
 *   for (const line of text.split("\n").slice(0, -1)) JSON.parse(line);
 * }
 * ```
 *
 * @param store Store to read.
 * @param topic Topic to read.
 * @param options Delimiter, queues, start and the rest.
 * @returns The stream.
 * @throws What {@linkcode source} throws.
 */
export function sourceBytes(
  store: Store,
  topic: string,
  options: SourceBytesOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  checkCall(SOURCE_BYTES_DOOR, store, topic, options);
  const core = new SourceCore(store, topic, options);
  const feed = new ByteFeed(core, CHUNK_BYTE_LENGTH, options.delimiter);
  return new ReadableStream(new SourceEnd(feed, options.signal), NOTHING_AHEAD);
}
