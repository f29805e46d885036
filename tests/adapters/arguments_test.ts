/**
 * Every argument and every option of streams, checkpoints, jobs and the command line, wrong in
 * every way that the table knows: refused before anything is done.
 *
 * Tests: `core/rules.ts`, `node/options.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as node from "../../adapters/node/mod.ts";
import { run } from "../../cli/mod.ts";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import {
  job,
  sink,
  sinkBytes,
  source,
  sourceBatches,
  sourceBytes,
  type SourceIteratorOptions,
} from "../../mod.ts";
import { innerPortOf, openStore, type Store, type StoredMessage } from "../../storage/mod.ts";
import { ADAPTER_DOORS } from "../support/public_doors.ts";
import { refuseAll } from "../support/refusals.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { SMALL_FILES as SMALL } from "../support/test_store.ts";

/** A function that is called, and right arguments for it. */
type Right = readonly [make: (...args: never[]) => unknown, ...args: unknown[]];

const sinkOptions = { tags: "t", keys: ["k"], properties: { n: "v" }, queueId: 1 } as const;
const sourceOptions = { queueIds: [0], from: 0, limit: 1, tags: ["t"] } as const;
const GROUP = { group: "billing", follow: false } as const;

function webCalls(store: Store): Record<string, Right> {
  const place = [store, "orders"] as const;
  return {
    sink: [sink, ...place, sinkOptions],
    sinkBytes: [sinkBytes, ...place, { ...sinkOptions, delimiter: ";" }],
    source: [source, ...place, sourceOptions],
    sourceBatches: [sourceBatches, ...place, { ...sourceOptions, batchCount: 2 }],
    sourceBytes: [sourceBytes, ...place, { ...sourceOptions, delimiter: "" }],
    "Source.done": [(message: StoredMessage) => {
      const grouped = source(...place, GROUP);
      try {
        grouped.done(message);
      } finally {
        void grouped.cancel();
      }
    }, store.queue("orders").readBatchSync({ limit: 1 })[0]],
    "Source.values": [(options: SourceIteratorOptions) => source(...place).values(options), {}],
    "Source.[Symbol.asyncIterator]": [
      (options: SourceIteratorOptions) => source(...place)[Symbol.asyncIterator](options),
      {},
    ],
  };
}

function nodeCalls(store: Store): Record<string, Right> {
  const place = [store, "orders"] as const;
  const writer = node.sinkWriter(...place);
  return {
    "node sink": [node.sink, ...place, sinkOptions],
    "node sinkBytes": [node.sinkBytes, ...place, { ...sinkOptions, delimiter: ";" }],
    "node sinkWriter": [node.sinkWriter, ...place, sinkOptions],
    "node SinkWriter.writev": [writer.writev.bind(writer), [], {}],
    "node SinkWriter.end": [writer.end.bind(writer), {}],
    "node source": [node.source, ...place, { ...sourceOptions, highWaterMark: 0 }],
    "node Source.done": [(message: StoredMessage) => {
      const grouped = node.source(...place, GROUP);
      try {
        grouped.done(message);
      } finally {
        grouped.destroy();
      }
    }, store.queue("orders").readBatchSync({ limit: 1 })[0]],
    "node Source.iterator": [
      (options: { readonly destroyOnReturn?: boolean }) => node.source(...place).iterator(options),
      {},
    ],
    "node sourceBatches": [node.sourceBatches, ...place, sourceOptions],
    "node sourceBytes": [node.sourceBytes, ...place, { ...sourceOptions, highWaterMark: 0 }],
  };
}

async function otherCalls(store: Store): Promise<Record<string, Right>> {
  const checkpoints = await openCheckpoints(store, "other");
  const offsets = { "orders/0": 1, other: "x" };
  await checkpoints.save({ offsets, state: 1 });
  const [saved] = await checkpoints.list();
  return {
    openCheckpoints: [openCheckpoints, store, "first", { readOnly: true }],
    "Checkpoints.newest": [checkpoints.newest.bind(checkpoints), {}],
    "Checkpoints.list": [checkpoints.list.bind(checkpoints), {}],
    "CheckpointSummary.load": [saved.load.bind(saved), {}],
    "Checkpoints.save": [
      checkpoints.save.bind(checkpoints),
      { offsets, state: undefined, outputs: [] },
      {},
    ],
    "Checkpoints.keep": [checkpoints.keep.bind(checkpoints), 3, {}],
    "Checkpoints.drop": [checkpoints.drop.bind(checkpoints), {}],
    job: [job, {
      name: "count",
      source: { store, topic: "orders" },
      store,
      initialState: () => 0,
      process: () => 1,
      follow: false,
    }],
    run: [run, ["--version"], { signal: new AbortController().signal }],
  };
}

test("streams, checkpoints, jobs and run() refuse every wrong argument and option before anything is done", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await store.append({ topic: "orders", body: "one", tags: "t" });
  const calls = { ...webCalls(store), ...nodeCalls(store), ...await otherCalls(store) };
  assert.deepEqual(Object.keys(calls).sort(), Object.keys(ADAPTER_DOORS).sort());
  const look = () => JSON.stringify([store.info.writtenPosition, store.topics(), store.groups()]);
  const before = look();
  for (const [name, [make, ...args]] of Object.entries(calls)) {
    const count = await refuseAll({ door: ADAPTER_DOORS[name], args, make }, (label) => {
      assert.equal(look(), before, `${name}: ${label} has changed the store`);
    });
    assert.ok(count > 5, `${name}: ${count}`);
  }
  // Nobody was left behind who holds the group's queue, or a job's name.
  innerPortOf(store).claim({ group: "billing", topic: "orders", queueId: 0 }).release();
  for (const [name, [make, ...args]] of Object.entries(calls)) {
    if (name !== "run") await make(...args as never[]);
  }
});

test("Checkpoints.save() refuses positions that are no offsets", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await using checkpoints = await openCheckpoints(store, "first");
  for (
    const positions of [[], new Map([["a", 1]]), { a: -1 }, { a: 1.5 }, { a: NaN }, { a: null }]
  ) {
    await assert.rejects(checkpoints.save({ offsets: positions as never, state: 1 }), {
      code: "ERR_INVALID_ARG_TYPE",
    });
  }
  assert.equal(store.info.writtenPosition, 0);
});

test("sink() refuses properties that no message may carry before it is made", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  for (const properties of [{ KEYS: "a" }, { n: 1 }, { "": "v" }, new Headers({ a: "b" }), []]) {
    for (const make of [sink, node.sink, node.sinkWriter]) {
      assert.throws(() => make(store, "orders", { properties: properties as never }), {
        code: "ERR_INVALID_ARG_TYPE",
        message: /^Cannot make sink: properties is /,
      });
    }
  }
});

/** Messages that no store takes. */
const BAD_MESSAGES: readonly (readonly [message: unknown, code: string])[] = [
  [undefined, "ERR_INVALID_ARG_TYPE"],
  [5, "ERR_INVALID_ARG_TYPE"],
  [{ topic: "a b", body: "" }, "ERR_INVALID_ARG_VALUE"],
  [{ topic: "counts", body: 5 }, "ERR_INVALID_ARG_TYPE"],
  [{ topic: "counts", body: "", key: "k" }, "ERR_INVALID_ARG_VALUE"],
  [{ topic: "counts", body: "", queueId: NaN }, "ERR_OUT_OF_RANGE"],
];

test("Checkpoints.save() refuses outputs that no store takes, and saves nothing", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await using checkpoints = await openCheckpoints(store, "first");
  const good = { topic: "counts", body: "1" };
  for (const [output, code] of BAD_MESSAGES) {
    const outputs = [good, output as typeof good];
    await assert.rejects(checkpoints.save({ offsets: {}, state: 1, outputs }), { code });
  }
  assert.equal(store.info.writtenPosition, 0);
  assert.equal((await checkpoints.save({ offsets: {}, state: 1 })).id, 1);
});

test("emit() of a job refuses what no store takes, in the call", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await store.append({ topic: "orders", body: "one" });
  const end = store.info.writtenPosition;
  for (const [output, code] of BAD_MESSAGES) {
    const mark = new Error("not refused");
    const running = job({
      name: "count",
      source: { store, topic: "orders" },
      store,
      initialState: () => 0,
      process(_message, { emit }) {
        emit(output as never);
        throw mark;
      },
      follow: false,
    });
    await assert.rejects(running, { code });
  }
  assert.equal(store.info.writtenPosition, end);
});

test("sink() refuses members of a chunk that are null, and does not take them for left out", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  for (
    const member of ["topic", "tags", "keys", "properties", "queueId", "flag", "bornTimestamp"]
  ) {
    const writer = sink(store, "orders", sinkOptions).getWriter();
    writer.closed.catch(() => {});
    await assert.rejects(writer.write({ body: "one", [member]: null }), {
      code: "ERR_INVALID_ARG_TYPE",
    }, member);
  }
  assert.equal(store.info.writtenPosition, 0);
});

test("sink() refuses a queue that a function chose wrongly", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  for (
    const [queueId, code] of [
      [NaN, "ERR_OUT_OF_RANGE"],
      [-1, "ERR_OUT_OF_RANGE"],
      [1.5, "ERR_OUT_OF_RANGE"],
      ["1", "ERR_INVALID_ARG_TYPE"],
      [null, "ERR_INVALID_ARG_TYPE"],
    ] as const
  ) {
    const writer = sink(store, "orders", { queueId: () => queueId as number }).getWriter();
    writer.closed.catch(() => {});
    await assert.rejects(writer.write("one"), { code });
  }
  assert.equal(store.info.writtenPosition, 0);
});
