/**
 * What a group has sent back is passed over once its run goes on elsewhere, and nothing else is.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { consume, openStore, type OpenStoreOptions, type Store } from "../../../mod.ts";
import { Errno, loadLibc } from "../../../ffi/mod.ts";
import { restoreBackup } from "../../../storage/backup/mod.ts";
import { openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { type ForeignRecord, writeForeign } from "../../support/foreign_log.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";
import { until } from "../../support/until.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { GROUP } from "./consumed_store.ts";

const libc = await loadLibc();
const [HARNESS] = STORE_HARNESSES;
const SEGMENT = 64 * 1024;
const SMALL: OpenStoreOptions = { geometry: { segmentByteLength: SEGMENT, queueEntryCount: 100 } };

/** A run that ends while "0" is handled, and not before "z" was; tells what it has handled. */
async function runBehind(store: Store, topic: string, into: Store = store): Promise<string[]> {
  const stop = new AbortController();
  const handled: string[] = [];
  const ended = consume(store, topic, {
    ...{ group: GROUP, into, concurrency: 8, order: "key", retry: { limit: 0 } },
    signal: stop.signal,
    async handle(message, { signal }) {
      const text = message.text();
      handled.push(text);
      if (text === "z") return;
      if (text !== "0") throw new Error(`${text} fails`);
      await new Promise((_, refuse) => {
        signal.addEventListener("abort", () => refuse(signal.reason));
      });
    },
  });
  while (!handled.includes("z")) await setImmediate();
  stop.abort(new Error("enough"));
  await assert.rejects(ended, { message: "enough" });
  return handled;
}

async function deadOf(store: Store): Promise<string[]> {
  const dead = await store.queue(`%DLQ%${GROUP}`).readBatch();
  return dead.map((message) => message.text());
}

/** A store with records of a broker's. */
async function foreignStore(root: string, records: readonly ForeignRecord[]): Promise<Store> {
  const empty = await openStore(root, SMALL);
  await empty.append({ topic: "T", body: "" });
  const end = empty.info.writtenPosition;
  await empty.close();
  writeForeign(root, end, records, SEGMENT);
  return await openStore(root, SMALL);
}

test("consume() passes over what it has sent back of a light queue", async () => {
  await using directory = await temporaryDirectory();
  const light = "%LMQ%x";
  const inLight = (index: number) =>
    new Map([["INNER_MULTI_DISPATCH", light], ["INNER_MULTI_QUEUE_OFFSET", `${index}`]]);
  await using store = await foreignStore(directory.path, [
    { topic: "P", offset: 0, body: "elsewhere", time: 1 },
    { topic: "P", offset: 1, body: "0", time: 1, properties: inLight(0) },
    { topic: "P", offset: 2, body: "a", time: 1, properties: inLight(1) },
    { topic: "P", offset: 3, body: "z", time: 1, properties: inLight(2) },
  ]);
  assert.deepEqual(await runBehind(store, light), ["0", "a", "z"]);
  assert.deepEqual(await runBehind(store, light), ["0", "z"]);
  assert.deepEqual(await deadOf(store), ["a"]);
});

test("consume() passes over what it has sent back of a topic with a strange name", async () => {
  await using directory = await temporaryDirectory();
  const topic = "a topic: 1";
  await using store = await foreignStore(directory.path, [
    { topic, offset: 0, body: "0", time: 1 },
    { topic, offset: 1, body: "a", time: 1 },
    { topic, offset: 2, body: "z", time: 1 },
  ]);
  assert.deepEqual(await runBehind(store, topic), ["0", "a", "z"]);
  assert.deepEqual(await runBehind(store, topic), ["0", "z"]);
  assert.deepEqual(await deadOf(store), ["a"]);
});

test("consume() passes over what it has sent back by another opening of the store", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store, path } = temporary;
  await store.appendAll(["0", "a", "z"].map((body) => ({ topic: "t", body })));
  await using reader = await openStore(path, { readOnly: true });
  assert.deepEqual(await runBehind(reader, "t", store), ["0", "a", "z"]);
  assert.deepEqual(await runBehind(store, "t"), ["0", "z"]);
  assert.deepEqual(await deadOf(store), ["a"]);
});

test("consume() passes over nothing of another store, though neither has an id", async () => {
  await using own = await temporaryStore(HARNESS);
  await using directory = await temporaryDirectory();
  const paths = ["a", "b"].map((name) => join(directory.path, name));
  for (const path of paths) {
    const store = await openStore(path, SMALL);
    const bodies = ["0", basename(path), "z"];
    await store.appendAll(bodies.map((body) => ({ topic: "t", body })));
    await store.close();
    // As a broker leaves it.
    rmSync(join(path, "streambed"), { recursive: true });
  }
  await using first = await openStore(paths[0], { readOnly: true });
  await using second = await openStore(paths[1], { readOnly: true });
  const readers = [first, second];
  assert.deepEqual(readers.map(({ info }) => info.storeId), [undefined, undefined]);
  assert.deepEqual(await runBehind(readers[0], "t", own.store), ["0", "a", "z"]);
  assert.deepEqual(await runBehind(readers[1], "t", own.store), ["0", "b", "z"]);
  assert.deepEqual(await runBehind(readers[0], "t", own.store), ["0", "z"]);
});

test("consume() has put into a backup what its group has passed, though a reader that lags makes it", async () => {
  await using temporary = await temporaryStore(HARNESS);
  await using directory = await temporaryDirectory();
  const { store, path } = temporary;
  await store.append({ topic: "t", body: "a" });
  // It is not told of changes, and looks for itself once a minute.
  const deaf = overrideLibc(libc, { inotifyInit: () => new Errno("EMFILE", 0, "inotify_init1") });
  const options: OpenStoreOptions = { readOnly: true, tuning: { flushIntervalMs: 60_000 } };
  await using reader = await openStoreIn(systemEnvironment(deaf), path, options);
  await consume(store, "t", {
    ...{ group: GROUP, retry: { limit: 0 }, follow: false },
    handle: (message) => Promise.reject(new Error(`${message.text()} fails`)),
  });
  const [file, target] = ["file", "restored"].map((name) => join(directory.path, name));
  await reader.backup(file);
  await restoreBackup(systemEnvironment(libc), file, target);
  await using restored = await openStore(target);
  const [{ offset }] = restored.groups().filter(({ topic }) => topic === "t");
  assert.deepEqual([offset, await deadOf(restored)], [1, ["a"]]);
});

test("consume() passes over what it has sent back, though retention has deleted what told so", async () => {
  await using temporary = await temporaryStore(HARNESS);
  await using directory = await temporaryDirectory();
  await temporary.store.appendAll(["0", "a", "z"].map((body) => ({ topic: "t", body })));
  await using reader = await openStore(temporary.path, { readOnly: true });
  await using into = await openStore(directory.path, {
    ...SMALL,
    retention: { maxByteLength: SEGMENT },
    tuning: { flushIntervalMs: 1 },
  });
  assert.deepEqual(await runBehind(reader, "t", into), ["0", "a", "z"]);
  for (let round = 0; round < 2; round++) {
    const { writtenPosition } = into.info;
    await until(() => into.info.earliestPosition > writtenPosition, async () => {
      await into.append({ topic: "other", body: new Uint8Array(SEGMENT / 4) });
    });
  }
  assert.deepEqual(await runBehind(reader, "t", into), ["0", "z"]);
});
