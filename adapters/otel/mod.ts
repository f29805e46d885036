/**
 * Metrics and trace context for OpenTelemetry, over what stores tell of themselves.
 *
 * It needs the package `@opentelemetry/api`, and gives its metrics to whatever SDK a program has
 * set up. The names of `messaging.…` are those of the semantic conventions for messaging.
 *
 * @example Metrics of all stores, and a trace that goes through one
 * ```ts ignore
 * import { openStore } from "@streambed/log";
 * import { contextOf, injectContext, instrument } from "@streambed/log/otel";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const path = await mkdtemp(`${tmpdir()}/streambed-`);
 * {
 *   await using store = await openStore(path);
 *   using _metrics = instrument({ stores: [store] });
 *
 *   await store.append(injectContext({ topic: "orders", body: "ham" }));
 *   const [order] = await store.queue("orders").readBatch();
 *   const context = contextOf(order); // for `tracer.startActiveSpan("cook", {}, context, …)`
 *   assert.equal(context.getValue(Symbol("of nothing")), undefined);
 * }
 * await rm(path, { recursive: true });
 * ```
 *
 * @module
 */
export { instrument } from "./instrument.ts";
export { contextOf, injectContext } from "./trace_context.ts";
export type { InstrumentOptions, MeterSource, TraceContext } from "./types.ts";
