/**
 * A topic as streams of `node:stream`: {@linkcode sink} is a `Writable`, {@linkcode source} a
 * `Readable`. For `node:stream/iter`: {@linkcode sinkWriter}.
 *
 * Names and options are those of the Web Streams in `@streambed/log/web`; what differs follows
 * Node: the high-water marks count what Node counts, a write calls back when it is durable, and a
 * source reads ahead.
 *
 * @example From one topic to another
 * ```ts ignore
 * import { openStore } from "@streambed/log";
 * import { sink, source } from "@streambed/log/node";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { Readable } from "node:stream";
 * import { pipeline } from "node:stream/promises";
 *
 * const path = await mkdtemp(`${tmpdir()}/streambed-`);
 * {
 *   await using store = await openStore(path);
 *   await pipeline(Readable.from(["ham", "eggs"]), sink(store, "orders"));
 *
 *   await pipeline(
 *     source(store, "orders"),
 *     async function* (orders) {
 *       for await (const order of orders) yield order.text().toUpperCase();
 *     },
 *     sink(store, "loud"),
 *   );
 *
 *   const loud = source(store, "loud");
 *   assert.deepEqual(await loud.map((message) => message.text()).toArray(), ["HAM", "EGGS"]);
 * }
 * await rm(path, { recursive: true });
 * ```
 *
 * @module
 */
export type { SinkChunk, SinkMessage, SinkProgress, SourceBatchesOptions } from "../core/mod.ts";
export type {
  SinkBytesOptions,
  SinkOptions,
  SinkWriterOptions,
  SourceBytesOptions,
  SourceOptions,
  WriteOptions,
} from "./options.ts";
export { type Sink, sink, sinkBytes } from "./sink.ts";
export { type SinkWriter, sinkWriter } from "./sink_writer.ts";
export { type Source, source, sourceBatches, sourceBytes } from "./source.ts";
