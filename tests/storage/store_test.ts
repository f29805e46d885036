/**
 * The store end to end, on both write paths.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { openStore, type Store } from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { SMALL_FILES as SMALL } from "../support/test_store.ts";

async function bodies(store: Store, topic: string, queueId = 0): Promise<string[]> {
  const result: string[] = [];
  for await (const message of store.queue(topic, queueId).read()) result.push(message.text());
  return result;
}

for (const writePath of ["staged", "mapped"] as const) {
  const options = { ...SMALL, writePath };

  test(`openStore() gives back what was appended, after closing and opening again (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const texts = Array.from({ length: 300 }, (_, index) => `message ${index} ${"x".repeat(500)}`);
    {
      await using store = await openStore(directory.path, options);
      const results = await Promise.all(
        texts.map((body) => store.append({ topic: "T", body }, { durability: "committed" })),
      );
      assert.deepEqual(results.map(({ offset }) => offset), texts.map((_, index) => index));
      assert.deepEqual(await bodies(store, "T"), texts);
      assert.ok(store.info.segmentCount > 2, "The log has rolled");
    }
    await using store = await openStore(directory.path, options);
    assert.deepEqual(await bodies(store, "T"), texts);
    const { offset } = await store.append({ topic: "T", body: "one more" });
    assert.equal(offset, 300);
    assert.equal(store.queue("T").flushedEndOffset, 301);
  });

  test(`Store.appendAll() appends a group that appears whole (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.path, options);
    const group = Array.from({ length: 40 }, (_, index) => ({
      topic: index % 2 === 0 ? "A" : "B",
      queueId: index % 3,
      body: `part ${index}`,
    }));
    const results = await store.appendAll(group, { atomic: true });
    assert.equal(results.count, 40);
    for (let index = 1; index < results.count; index++) {
      const { position, endPosition } = results.at(index - 1)!;
      const previous = (await store.get(position))!;
      assert.equal(endPosition, previous.position + previous.byteLength);
      assert.equal(results.at(index)!.position, endPosition);
    }
    assert.deepEqual([...results].at(-1), results.at(-1));
    assert.equal(results.endPosition, results.at(39)!.endPosition);
    assert.deepEqual([results.at(40), results.at(-41)], [undefined, undefined]);
    assert.equal((await bodies(store, "A", 0)).length, 7);
  });

  test(`Store.find() finds messages by key, newest first (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.path, options);
    for (let index = 0; index < 1000; index++) {
      const keys = [`k${index % 10}`, "all"];
      store.append({ topic: "T", body: `${index}`, keys }, { durability: "committed" });
    }
    await store.flush();
    const found: number[] = [];
    for await (const message of store.find("T", "k3")) found.push(Number(message.text()));
    const expected = Array.from({ length: 100 }, (_, index) => 993 - 10 * index);
    assert.deepEqual(found, expected);
  });

  test(`Queue.read() follows appends without polling and ends when the store closes (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const store = await openStore(directory.path, options);
    const seen: string[] = [];
    const all = Promise.withResolvers<void>();
    const reading = (async () => {
      for await (const message of store.queue("T").read({ follow: true })) {
        if (seen.push(message.text()) === 20) all.resolve();
      }
    })();
    for (let index = 0; index < 20; index++) await store.append({ topic: "T", body: `${index}` });
    // Closing ends readers, also one that is about to read what was just appended.
    await all.promise;
    await store.close();
    await reading;
    assert.deepEqual(seen, Array.from({ length: 20 }, (_, index) => `${index}`));
  });

  test(`A readOnly store follows a writer in the same directory (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    await using writer = await openStore(directory.path, options);
    await writer.append({ topic: "T", body: "before" });
    await using reader = await openStore(directory.path, { readOnly: true });
    const reading = reader.queue("T").read({ follow: true });
    assert.equal((await reading.next()).value?.text(), "before");
    const next = reading.next();
    await writer.append({ topic: "T", body: "after" });
    assert.equal((await next).value?.text(), "after");
    await reading.return?.();
  });
}

// A reader used to look for the writer's lock before it believed the writer's last position, so a
// message that was appended right before the close was never seen.
test("A readOnly store sees what a writer appended that closes at once", async () => {
  await using directory = await temporaryDirectory();
  const writer = await openStore(directory.path, SMALL);
  await using reader = await openStore(directory.path, { readOnly: true });
  const next = reader.queue("T").read({ follow: true, visibility: "flushed" }).next();
  await Promise.all([writer.append({ topic: "T", body: "last" }), writer.close()]);
  assert.equal((await next).value?.text(), "last");
});

test("openStore() without create makes no store in a directory that holds none", async () => {
  await using directory = await temporaryDirectory();
  await assert.rejects(openStore(directory.path, { ...SMALL, create: false }), {
    code: "NOT_FOUND",
    message: /holds no store/,
  });
  assert.deepEqual(readdirSync(directory.path), []);
});

test("openStore() refuses a second writer and lets a reader in", async () => {
  await using directory = await temporaryDirectory();
  await using writer = await openStore(directory.path, SMALL);
  await writer.append({ topic: "T", body: "x" });
  await assert.rejects(openStore(directory.path, SMALL), { code: "LOCKED" });
  await using reader = await openStore(directory.path, { readOnly: true });
  assert.equal(reader.queue("T").endOffset, 1);
  await assert.rejects(async () => await reader.append({ topic: "T", body: "y" }), {
    code: "READ_ONLY",
  });
});
