/**
 * What becomes of stored values that do not fit: thrown, or skipped and counted; and that a group
 * comes past them.
 *
 * Tests: `skipping.ts`, `typed_feed.ts`, `readers.ts`, `group_progress.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type SourceOptions,
  type StandardSchema,
  type Store,
  StoreError,
  textCodec,
  topic,
  type TypedMessage,
} from "../../../mod.ts";
import { innerPortOf } from "../../../storage/mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const [HARNESS] = STORE_HARNESSES;

/** Numbers, looked at at once or later. */
function numbers(isSlow: boolean): StandardSchema<number> {
  const judge = (value: unknown) =>
    typeof value === "number" ? { value } : { issues: [{ message: "no number" }] };
  const validate = isSlow ? (value: unknown) => Promise.resolve(judge(value)) : judge;
  return { "~standard": { version: 1, vendor: "streambed", validate } };
}

/** Messages with these bodies and the key `k`. */
async function fill(store: Store, ...bodies: readonly string[]): Promise<void> {
  await store.appendAll(bodies.map((body) => ({ topic: "numbers", body, keys: "k" })));
}

const KINDS = [["at once", false], ["later", true]] as const;

for (const [when, isSlow] of KINDS) {
  const schema = numbers(isSlow);

  test(`Topic.read() throws at a value that does not fit, with its place (${when})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await fill(store, "1", '"two"', "3");
    const [, { position }] = await store.queue("numbers").readBatch();
    const read = topic(store, "numbers", { schema }).read();
    assert.deepEqual(await read.next(), { done: false, value: 1 });
    await assert.rejects(read.next(), (error) => {
      assert.ok(StoreError.is(error, "INVALID_VALUE"));
      assert.deepEqual([error.reason, error.offset, error.position], ["schema", 1, position]);
      assert.equal(
        error.message,
        `Cannot read value at offset 1 of queue 0 of topic "numbers", position ${position}: ` +
          'the schema refuses it, "no number"; read it with the codec and schema that it fits, ' +
          'or pass it over, invalid: "skip"',
      );
      return true;
    });
    assert.deepEqual(await read.next(), { done: true, value: undefined });
    assert.equal(read.skippedCount, 0);
  });

  test(`Topic.read(), find() and source() skip what does not fit, and count (${when})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await fill(store, "{", "1", '"two"', "3", "null");
    const all = topic(store, "numbers", { schema, invalid: "skip" });
    const read = all.read();
    assert.deepEqual(await Array.fromAsync(read), [1, 3]);
    assert.equal(read.skippedCount, 3);

    const found = all.find("k");
    assert.deepEqual((await Array.fromAsync(found)).map(({ value }) => value), [3, 1]);
    assert.equal(found.skippedCount, 3);

    const source = all.source();
    const piped: number[] = [];
    await source.pipeTo(new WritableStream({ write: ({ value }) => void piped.push(value) }));
    assert.deepEqual([piped, source.skippedCount], [[1, 3], 3]);
    assert.equal(all.read().skippedCount, 0, "each that reads has a count of its own");
  });

  test(`Topic.read(), find() and source() count what fits against a limit (${when})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await fill(store, "{", "1", "{", "2", "{", "3", "{");
    const all = topic(store, "numbers", { schema, invalid: "skip" });
    for (const limit of [0, 1, 2, 3, 4]) {
      const up = [1, 2, 3].slice(0, limit);
      assert.deepEqual(await Array.fromAsync(all.read({ limit })), up);
      const sourced = await Array.fromAsync(all.source({ limit }));
      assert.deepEqual(sourced.map(({ value }) => value), up);
      const found = await Array.fromAsync(all.find("k", { limit }));
      assert.deepEqual(found.map(({ value }) => value), [3, 2, 1].slice(0, limit));
    }
  });

  test(`Topic.source() brings its group past what is skipped (${when})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await fill(store, "{", "1", "{", "{", "2", "{");
    const all = topic(store, "numbers", { schema, invalid: "skip" });
    const source = all.source({ group: "sums", follow: false });
    const seen: string[] = [];
    for await (const { value } of source) seen.push(`${value} after ${progress(store)}`);
    assert.deepEqual(seen, ["1 after 1", "2 after 4"]);
    assert.equal(progress(store), 6);
    innerPortOf(store).claim({ group: "sums", topic: "numbers", queueId: 0 }).release();
  });

  test(`Topic.source() in a pipe passes over nothing before all before it is done (${when})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await fill(store, "1", "{", "2", "{", "{");
    const source = topic(store, "numbers", { schema, invalid: "skip" })
      .source({ group: "sums", follow: false });
    const pulled: TypedMessage<number>[] = [];
    await source.pipeTo(new WritableStream({ write: (message) => void pulled.push(message) }));
    assert.equal(progress(store), 0);
    source.done(pulled[0]);
    assert.equal(progress(store), 1);
    source.done(pulled[1]);
    assert.equal(progress(store), 5);
    innerPortOf(store).claim({ group: "sums", topic: "numbers", queueId: 0 }).release();
  });

  test(`Topic.source() that fails gives its group back, before the value (${when})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await fill(store, "1", "{", "2");
    const read = async (options: SourceOptions) => {
      const values: number[] = [];
      const source = topic(store, "numbers", { schema }).source({ group: "sums", ...options });
      for await (const { value } of source) values.push(value);
      return values;
    };
    const refused = { code: "INVALID_VALUE", offset: 1 };
    await assert.rejects(read({}), refused);
    assert.equal(progress(store), 1);
    await assert.rejects(read({}), refused);
    await store.moveGroup("sums", { topic: "numbers", queueId: 0, offset: 2 });
    assert.deepEqual(await read({ follow: false }), [2]);
  });
}

for (const [when, isSlow] of KINDS) {
  const schema = numbers(isSlow);
  test(`Topic.sourceBatches() skips, counts and brings its group past it (${when})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await fill(store, "{", "1", "{", "2", "{", "3", "{");
    const all = topic(store, "numbers", { schema, invalid: "skip" });
    const source = all.sourceBatches({ group: "sums", follow: false, batchCount: 2 });
    const before: number[] = [];
    const values: number[] = [];
    for await (const batch of source) {
      assert.ok(batch.length <= (isSlow ? 1 : 2));
      before.push(progress(store));
      values.push(...batch.map(({ value }) => value));
    }
    assert.deepEqual([values, source.skippedCount, progress(store)], [[1, 2, 3], 4, 7]);
    assert.ok(before[0] <= 1 && before.every((offset) => offset < 6), `${before}`);
    innerPortOf(store).claim({ group: "sums", topic: "numbers", queueId: 0 }).release();
    const two: number[][] = [];
    for await (const batch of all.sourceBatches({ limit: 2 })) {
      two.push(batch.map(({ value }) => value));
    }
    assert.deepEqual(two.flat(), [1, 2]);
  });

  test(`Topic.sourceBatches() hands out what comes before a value that does not fit (${when})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await fill(store, "1", "2", "{", "4");
    const source = topic(store, "numbers", { schema }).sourceBatches({ group: "sums" });
    const reader = source.getReader();
    const values: number[] = [];
    while (values.length < 2) {
      const batch = (await reader.read()).value!;
      values.push(...batch.map(({ value }) => value));
      // The failure is known already where it belongs to the next batch, and nobody has asked.
      await new Promise((resolve) => setTimeout(resolve, 0));
      source.done(batch);
    }
    assert.deepEqual([values, progress(store)], [[1, 2], 2]);
    await assert.rejects(reader.read(), { code: "INVALID_VALUE", offset: 2 });
    innerPortOf(store).claim({ group: "sums", topic: "numbers", queueId: 0 }).release();
  });
}

function progress(store: Store): number {
  return store.groups().find(({ group }) => group === "sums")?.offset ?? 0;
}

test("Topic.read() does not decode what says that it is something else", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await topic(store, "numbers", { codec: textCodec }).append("1");
  await topic(store, "numbers").append(2);
  const asNumbers = topic<number>(store, "numbers");
  await assert.rejects(Array.fromAsync(asNumbers.read()), {
    code: "INVALID_VALUE",
    reason: "content-type",
    message: /its content type is "text\/plain; charset=utf-8", the topic's "application\/json";/,
  });
  const skipping = topic<number>(store, "numbers", { invalid: "skip" }).read();
  assert.deepEqual(await Array.fromAsync(skipping), [2]);
  assert.equal(skipping.skippedCount, 1);
});

test("Topic.decode() does not hand to a codec what only looks like a body", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await fill(store, "1");
  const [stored] = await store.queue("numbers").readBatch();
  const { topic: name, queueId, offset, position, properties, body } = stored;
  for (const [sysFlag, state] of [[0x1, /still compressed/], [0x80, /a batch of RocketMQ's/]]) {
    const message = { topic: name, queueId, offset, position, properties, body, sysFlag };
    assert.throws(() => topic(store, "numbers").decode(message as never), {
      code: "INVALID_VALUE",
      reason: "decode",
      message: state as RegExp,
    });
  }
});

test("Topic.read() is left at once by its loop, its signal and the end of the store", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await fill(store, "1", "2");
  const all = topic<number>(store, "numbers");
  for await (const value of all.read({ follow: true })) if (value === 2) break;

  const waiting = all.read({ from: "latest", follow: true });
  const next = waiting.next();
  assert.deepEqual(await waiting.return?.(), { done: true, value: undefined });
  assert.deepEqual(await next, { done: true, value: undefined });

  const enough = new Error("enough");
  const controller = new AbortController();
  const read = all.read({ from: "latest", follow: true, signal: controller.signal }).next();
  controller.abort(enough);
  await assert.rejects(read, (error) => error === enough);

  const end = all.read({ from: "latest", follow: true }).next();
  await store.close();
  assert.deepEqual(await end, { done: true, value: undefined });
});

test("Topic.find() is left at once by its loop", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await fill(store, "1", "2", "3");
  const found = topic<number>(store, "numbers").find("k");
  for await (const { value } of found) if (value === 2) break;
  assert.deepEqual(await found.next(), { done: true, value: undefined });
});
