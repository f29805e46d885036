/**
 * Streambed: Apache RocketMQ's message store in TypeScript, and the durable bed under a stream.
 *
 * A store is a directory with a log and what is derived from it. It takes messages, keeps them
 * through crashes and power cuts, and gives them back by queue, by time, by tag and by key. Around
 * it: a topic as a `WritableStream` ({@linkcode sink}) and as a `ReadableStream` ({@linkcode
 * source}), a topic of values that a schema checks ({@linkcode topic}), checkpoints for stream jobs
 * (`@streambed/log/checkpoint`), and a small helper for jobs that count everything exactly once
 * ({@linkcode job}).
 *
 * @example A stream in, a group out, a job with a state, values
 * ```ts ignore
 * import { job, openStore, sink, source, topic } from "@streambed/log";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const path = await mkdtemp(`${tmpdir()}/streambed-`);
 * {
 *   await using store = await openStore(path);
 *
 *   await ReadableStream.from(["ham", "eggs", "ham"]).pipeTo(sink(store, "orders"));
 *
 *   const billed: string[] = [];
 *   for await (const order of source(store, "orders", { group: "billing", limit: 3 })) {
 *     billed.push(order.text());
 *   }
 *   assert.deepEqual(billed, ["ham", "eggs", "ham"]);
 *
 *   const { state } = await job({
 *     name: "sales",
 *     source: { store, topic: "orders" },
 *     store,
 *     initialState: () => new Map<string, number>(),
 *     process(order, { state: sales }) {
 *       sales.set(order.text(), (sales.get(order.text()) ?? 0) + 1);
 *     },
 *     follow: false,
 *   });
 *   assert.equal(state.get("ham"), 2);
 *
 *   const prices = topic<{ name: string; price: number }>(store, "prices");
 *   await prices.append({ name: "ham", price: 4 }, { keys: "ham" });
 *   for await (const { value } of prices.find("ham")) assert.equal(value.price, 4);
 * }
 * await rm(path, { recursive: true });
 * ```
 *
 * @module
 */
export { consume } from "./adapters/consume/mod.ts";
export type {
  ConsumeOptions,
  ConsumeResult,
  HandleContext,
  RetryOptions,
} from "./adapters/consume/mod.ts";
export * from "./adapters/job/mod.ts";
export { prometheusText } from "./adapters/metrics/mod.ts";
export * from "./adapters/topic/mod.ts";
export * from "./adapters/web/mod.ts";
export {
  StoreError,
  type StoreErrorCode,
  type StoreErrorReasons,
  type ValueIssue,
} from "./errors.ts";
export { openStore } from "./storage/mod.ts";
export type {
  AppendAllOptions,
  AppendAllResult,
  AppendOptions,
  AppendResult,
  ArgumentErrorCode,
  BackupResult,
  BodyJson,
  BorrowOptions,
  Durability,
  FindOptions,
  FollowOptions,
  From,
  Geometry,
  GroupInfo,
  GroupPlace,
  Message,
  MessageJson,
  OpenStoreOptions,
  Queue,
  ReadOptions,
  Retention,
  Store,
  StoredMessage,
  StoreEvent,
  StoreInfo,
  StreambedEvents,
  Time,
  TopicInfo,
  Tuning,
  WaitOptions,
  WorkOptions,
} from "./storage/mod.ts";
