/**
 * A topic as a Web Stream: {@linkcode sink} to write to, {@linkcode source} to read from.
 *
 * @example From one topic to another
 * ```ts ignore
 * import { openStore } from "@streambed/log";
 * import { sink, source } from "@streambed/log/web";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const path = await mkdtemp(`${tmpdir()}/streambed-`);
 * {
 *   await using store = await openStore(path);
 *   await ReadableStream.from(["ham", "eggs"]).pipeTo(sink(store, "orders"));
 *
 *   const upper = new TransformStream({
 *     transform: (order, controller) => controller.enqueue(order.text().toUpperCase()),
 *   });
 *   await source(store, "orders", { limit: 2 }).pipeThrough(upper).pipeTo(sink(store, "loud"));
 *
 *   const loud = await Array.fromAsync(source(store, "loud", { limit: 2 }));
 *   assert.deepEqual(loud.map((message) => message.text()), ["HAM", "EGGS"]);
 * }
 * await rm(path, { recursive: true });
 * ```
 *
 * @module
 */
export type {
  SinkBytesOptions,
  SinkChunk,
  SinkMessage,
  SinkOptions,
  SinkProgress,
  SourceBatchesOptions,
  SourceBytesOptions,
  SourceOptions,
} from "../core/mod.ts";
export { sink, sinkBytes } from "./sink.ts";
export { source, sourceBatches, sourceBytes } from "./source.ts";
export type { Sink, Source, SourceIterator, SourceIteratorOptions } from "./streams/mod.ts";
