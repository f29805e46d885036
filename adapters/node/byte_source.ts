/**
 * The bodies of a topic as a `Readable` of bytes.
 *
 * @module
 */
import { Readable } from "node:stream";
import { argumentError, showArgument, type Store } from "../../storage/mod.ts";
import { SourceCore } from "../core/mod.ts";
import type { SourceOptions } from "./options.ts";
import { SourcePump } from "./source_pump.ts";

/**
 * Makes the stream of {@linkcode source} in byte mode.
 *
 * @param store Store to read.
 * @param topic Topic to read.
 * @param options What to read.
 * @returns The stream.
 * @throws What {@linkcode source} throws.
 */
export function byteSource(store: Store, topic: string, options: SourceOptions): Readable {
  const { group, highWaterMark, signal } = options;
  signal?.throwIfAborted();
  if (group !== undefined) {
    throw argumentError(
      "ERR_INVALID_ARG_VALUE",
      `Cannot read topic ${
        showArgument(topic)
      } as group ${group}: in byte mode nobody could commit a message; ` +
        `leave out objectMode or group`,
    );
  }
  const core = new SourceCore(store, topic, options);
  const stream = new Readable({
    highWaterMark,
    read: () => void pump.read(),
    destroy(error, callback) {
      pump.destroy(error);
      callback(error);
    },
  });
  // Each in a buffer of its own: a chunk that is transferred would empty those that wait in the stream, without a word.
  const pump = new SourcePump(stream, core, ({ body }) => body.slice(), signal);
  return stream;
}
