/**
 * Arguments that the table alone does not tell are wrong, of streams, checkpoints and jobs; and all
 * of `run()`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as node from "../../adapters/node/mod.ts";
import { run } from "../../cli/mod.ts";
import { RUN_DOOR } from "../../cli/program.ts";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import { job, sink } from "../../mod.ts";
import { openStore } from "../../storage/mod.ts";
import { assertAllRefused } from "../support/public_calls.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { SMALL_FILES as SMALL } from "../support/test_store.ts";

const sinkOptions = { tags: "t", keys: ["k"], properties: { n: "v" }, queueId: 1 } as const;

test("run() refuses every wrong argument and option before anything is done", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  const { signal } = new AbortController();
  await assertAllRefused(store, "run", [RUN_DOOR, run, ["--version"], { signal }]);
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
