/**
 * Reading a topic in rounds: what the adapters cannot show from outside.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { TopicReader } from "../../../adapters/core/mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const [HARNESS] = STORE_HARNESSES;

/** What comes first: the promise, or ten turns of the event loop. */
async function soon(promise: Promise<void>): Promise<"settled" | "waits"> {
  let turns = Promise.resolve();
  for (let turn = 0; turn < 10; turn++) {
    turns = turns.then(() => new Promise((resolve) => setTimeout(resolve, 0)));
  }
  return await Promise.race([
    promise.then(() => "settled" as const),
    turns.then(() => "waits" as const),
  ]);
}

for (const queueId of [0, 4]) {
  test(`TopicReader.wait() does not miss queue ${queueId} that got a message before it`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await store.append({ topic: "orders", body: "first" });
    const reader = new TopicReader(store, "orders");
    assert.equal((await reader.take()).length, 1);
    assert.deepEqual(await reader.take(), []);
    await store.append({ topic: "orders", queueId, body: "second" });

    assert.equal(await soon(reader.wait()), "settled");
    assert.deepEqual((await reader.take()).map((message) => message.text()), ["second"]);
    const end = new AbortController();
    const waiting = reader.wait(end.signal);
    const rejected = assert.rejects(waiting, { name: "AbortError" });
    assert.equal(await soon(waiting.catch(() => undefined)), "waits");
    end.abort();
    await rejected;
  });
}

test("TopicReader.take() hands out every message once over many rounds and queues", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const queueIds = Array.from({ length: 100 }, (_, queueId) => queueId);
  const reader = new TopicReader(store, "orders", { queueIds });
  const positions: number[] = [];
  for (let round = 0; round < 4; round++) {
    await store.appendAll(
      queueIds.flatMap((queueId) =>
        Array.from({ length: queueId % 40 }, () => ({ topic: "orders", queueId, body: "x" }))
      ),
    );
    for (;;) {
      const messages = await reader.take();
      if (messages.length === 0) break;
      positions.push(...messages.map(({ position }) => position));
    }
  }

  assert.equal(positions.length, 4 * (780 + 780 + 190));
  assert.deepEqual(positions, positions.toSorted((a, b) => a - b));
});

test("TopicReader.take() from latest takes all of a queue that came later", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.append({ topic: "orders", body: "old" });
  const starts: [number, number][] = [];
  const reader = new TopicReader(store, "orders", {
    from: "latest",
    onQueue: (queueId, start) => starts.push([queueId, start]),
  });
  assert.deepEqual(await reader.take(), []);
  await store.appendAll([4, 4, 0].map((queueId) => ({ topic: "orders", queueId, body: "new" })));
  const taken: string[] = [];
  for (let more = await reader.take(); more.length > 0; more = await reader.take()) {
    taken.push(...more.map(({ queueId, offset }) => `${queueId}/${offset}`));
  }
  assert.deepEqual(taken.sort(), ["0/1", "4/0", "4/1"]);
  assert.deepEqual(starts, [[0, 1], [4, 0]]);
});
