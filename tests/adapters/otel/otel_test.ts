/**
 * What OpenTelemetry is told of stores, by an SDK that keeps it in memory; and the context of a
 * trace that goes through one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  context,
  propagation,
  ROOT_CONTEXT,
  type TextMapPropagator,
} from "npm:@opentelemetry/api@1.9.1";
import {
  AggregationTemporality,
  type Histogram,
  MeterProvider,
  MetricReader,
} from "npm:@opentelemetry/sdk-metrics@2.12.1";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { contextOf, injectContext, instrument } from "../../../adapters/otel/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { consume, type Message, openStore, type Store, topic } from "../../../mod.ts";
import { SMALL_FILES } from "../../support/test_store.ts";

/** Collects when it is told to. */
class MemoryReader extends MetricReader {
  override async onForceFlush(): Promise<void> {}
  override async onShutdown(): Promise<void> {}
}

type Values = Readonly<Record<string, unknown>>;

interface Told {
  readonly attributes: Values;
  /** A number, or the count and sum of a histogram. */
  readonly value: unknown;
}

/** Gives what was told of a store, by names of metrics. */
type Collect = (path: string) => Promise<Map<string, Told[]>>;

/** A provider, and what it is told. */
function memoryProvider(): { readonly meterProvider: MeterProvider; readonly collect: Collect } {
  // Else the SDK repeats what was observed once.
  const aggregationTemporalitySelector = () => AggregationTemporality.DELTA;
  const reader = new MemoryReader({ aggregationTemporalitySelector });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const collect: Collect = async (path) => {
    const { resourceMetrics: { scopeMetrics }, errors } = await reader.collect();
    assert.deepEqual(errors, []);
    const metrics = scopeMetrics.flatMap(({ scope, metrics }) => {
      assert.equal(scope.name, "@streambed/log");
      return metrics;
    });
    return new Map(metrics.map(({ descriptor: { name, unit, description }, dataPoints }) => {
      assert.ok(description.length > 0 && unit.length > 0, name);
      const points = dataPoints.flatMap(({ attributes, value }) => {
        const { "streambed.store.path": from, "messaging.system": system, ...others } = attributes;
        if (from !== path) return [];
        assert.equal(system, "streambed");
        return [{ attributes: others, value }];
      });
      return [name, points] as const;
    }));
  };
  return { meterProvider, collect };
}

function counted(told: Map<string, Told[]>, name: string): Told[] {
  return told.get(name) ?? [];
}

async function useAll(store: Store): Promise<void> {
  await store.appendAll(["ham", "eggs", "tea"].map((body) => ({ topic: "orders", body })));
  await store.moveGroup("billing", { topic: "orders", queueId: 0, offset: 1 });
  await consume(store, "orders", {
    group: "mail",
    retry: { limit: 1, delayMs: () => 0 },
    handle: () => Promise.reject(new Error("not now")),
    follow: false,
  });
  await using checkpoints = await openCheckpoints(store, "sales");
  await checkpoints.save({ offsets: {}, state: "ham" });
}

test("instrument() tells a meter what happens in stores, by the names of the conventions", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { meterProvider, collect } = memoryProvider();
  using _instrumented = instrument({ meterProvider });
  await using store = await openStore(path, SMALL_FILES);
  await useAll(store);
  const told = await collect(path);
  const sent = counted(told, "messaging.client.sent.messages");
  const to = (topic: string) => ({
    "messaging.operation.name": "append",
    "messaging.destination.name": topic,
  });
  const ofTopic = (topic: string) =>
    sent.find(({ attributes }) => attributes["messaging.destination.name"] === topic);
  assert.deepEqual(ofTopic("orders"), { attributes: to("orders"), value: 3 });
  assert.deepEqual(ofTopic("%DLQ%mail"), { attributes: to("%DLQ%mail"), value: 3 });
  const appended = counted(told, "streambed.log.appended");
  const byteLength = appended.reduce((sum, { value }) => sum + (value as number), 0);
  assert.equal(byteLength, store.info.committedPosition);
  const group = { "messaging.consumer.group.name": "mail" };
  assert.deepEqual(counted(told, "streambed.group.retried"), [{ attributes: group, value: 3 }]);
  assert.deepEqual(counted(told, "streambed.group.dead"), [{ attributes: group, value: 3 }]);
  assert.deepEqual(counted(told, "streambed.log.started"), [{ attributes: {}, value: 1 }]);
  const [opened] = counted(told, "streambed.open.duration");
  const { count, sum } = opened.value as Histogram;
  assert.ok(count === 1 && sum! > 0 && sum! < 3600, JSON.stringify(opened));
  const [flushed] = counted(told, "streambed.flush.duration");
  assert.ok((flushed.value as Histogram).count > 0);
  const [saved] = counted(told, "streambed.checkpoint.length");
  assert.deepEqual(saved.attributes, { "streambed.job.name": "sales" });
  assert.ok((saved.value as Histogram).sum! > 10);
});

test("instrument() tells the lag of groups: of stores that it is given also while they stand still", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { meterProvider, collect } = memoryProvider();
  const store = await openStore(path, SMALL_FILES);
  const events = memoryProvider();
  using _events = instrument({ meterProvider: events.meterProvider });
  using _looking = instrument({ meterProvider, stores: [store] });
  const lags = async (collect: Collect) => counted(await collect(path), "streambed.group.lag");
  await store.moveGroup("billing", { topic: "orders", queueId: 7, offset: 0 });
  const attributes = {
    "messaging.consumer.group.name": "billing",
    "messaging.destination.name": "orders",
    "messaging.destination.partition.id": "7",
  };
  await store.append({ topic: "orders", queueId: 7, body: "ham" });
  assert.deepEqual(await lags(events.collect), [{ attributes, value: 0 }]);
  assert.deepEqual(await lags(collect), [{ attributes, value: 1 }]);
  await store.append({ topic: "orders", queueId: 7, body: "eggs" });
  assert.deepEqual(await lags(collect), [{ attributes, value: 2 }]);
  await store.moveGroup("billing", { topic: "orders", queueId: 7, offset: 1 });
  assert.deepEqual(await lags(events.collect), [{ attributes, value: 1 }]);
  await store.close();
  assert.deepEqual(await lags(collect), []);
  assert.deepEqual(await lags(events.collect), []);
});

test("instrument() tells nothing any more once it is disposed of", async () => {
  await using directory = await temporaryDirectory();
  const { meterProvider, collect } = memoryProvider();
  await using store = await openStore(directory.path, SMALL_FILES);
  {
    using _instrumented = instrument({ meterProvider, stores: [store] });
    await store.append({ topic: "orders", body: "ham" });
  }
  await store.append({ topic: "orders", body: "eggs" });
  await store.moveGroup("billing", { topic: "orders", queueId: 0, offset: 0 });
  const told = await collect(directory.path);
  assert.deepEqual(counted(told, "messaging.client.sent.messages").map(({ value }) => value), [1]);
  assert.deepEqual(counted(told, "streambed.group.lag"), []);
});

const KEY = Symbol("trace");

/** As that of the W3C, of one header. */
const PROPAGATOR: TextMapPropagator = {
  inject: (context, carrier, { set }) => set(carrier, "traceparent", `${context.getValue(KEY)}`),
  extract: (context, carrier, { get, keys }) => {
    const trace = get(carrier, "traceparent");
    assert.ok(keys(carrier).includes("traceparent") === (trace !== undefined));
    return trace === undefined ? context : context.setValue(KEY, trace);
  },
  fields: () => ["traceparent"],
};

test("injectContext() and contextOf() take the context of a trace through a store", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL_FILES);
  const here = ROOT_CONTEXT.setValue(KEY, "00-ab-cd-01");
  assert.ok(propagation.setGlobalPropagator(PROPAGATOR));
  try {
    const message = { topic: "orders", body: "ham", properties: new Map([["to", "table 4"]]) };
    const sent = injectContext(message, here);
    assert.deepEqual([...message.properties], [["to", "table 4"]]);
    await store.append(sent);
    await topic(store, "orders").append("eggs", injectContext({ tags: "new" }, here));
    await store.append({ topic: "orders", body: "tea" });
    const [ham, eggs, tea] = await store.queue("orders").readBatch();
    assert.equal(ham.properties.get("to"), "table 4");
    assert.equal(eggs.tags, "new");
    for (const one of [ham, eggs]) {
      assert.equal(one.properties.get("traceparent"), "00-ab-cd-01");
      assert.equal(contextOf(one, ROOT_CONTEXT).getValue(KEY), "00-ab-cd-01");
    }
    assert.equal(contextOf(tea, here), here);
    assert.equal(contextOf(tea), context.active());
  } finally {
    propagation.disable();
  }
  const bare: Message = injectContext({ topic: "orders", body: "ham" }, here);
  assert.deepEqual(bare.properties, {});
});
