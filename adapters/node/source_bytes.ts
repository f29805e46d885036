/**
 * The bodies of a topic as a `Readable` of bytes.
 *
 * @module
 */
import { Readable } from "node:stream";
import { checkCall } from "../../storage/arguments/mod.ts";
import type { Store } from "../../storage/mod.ts";
import { ByteFeed, DELIMITER_TEXT, SourceCore } from "../core/mod.ts";
import { SOURCE_BYTES_DOOR, type SourceBytesOptions } from "./options.ts";
import { SourcePump } from "./source_pump.ts";

/**
 * Makes a `Readable` of the bodies of a topic as bytes, with a delimiter behind each. Chunks have a
 * buffer of their own.
 *
 * It reads and ends as {@linkcode source} without a group does.
 *
 * @example A topic as a file of lines
 * ```ts ignore
 * await pipeline(sourceBytes(store, "orders"), createWriteStream("orders.ndjson"));
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
): Readable {
  checkCall(SOURCE_BYTES_DOOR, store, topic, options);
  const { delimiter = DELIMITER_TEXT, highWaterMark, signal, ...rest } = options;
  signal?.throwIfAborted();
  const core = new SourceCore(store, topic, rest);
  const stream = new Readable({
    highWaterMark,
    read: () => void pump.read(),
    destroy(error, callback) {
      pump.destroy(error);
      callback(error);
    },
  });
  const feed = new ByteFeed(core, delimiter, stream.readableHighWaterMark);
  const pump = new SourcePump(stream, feed, signal);
  return stream;
}
