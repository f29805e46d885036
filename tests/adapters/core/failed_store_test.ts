/**
 * Whoever follows a store that failed gets what was flushed, then the failure: neither a wait
 * without end nor an end that looks complete.
 *
 * @module
 */
import assert from "node:assert/strict";
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { job } from "../../../adapters/job/mod.ts";
import { source as nodeSource } from "../../../adapters/node/mod.ts";
import { source } from "../../../adapters/web/mod.ts";
import { StoreError } from "../../../storage/errors.ts";
import { innerPortOf, openStore, type Store } from "../../../storage/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

type Follow = (store: Store) => AsyncIterable<unknown>;

const FOLLOWERS: Readonly<Record<string, Follow>> = {
  "Queue.read()": (store) => store.queue("t").read({ follow: true, visibility: "flushed" }),
  "source()": (store) => source(store, "t", { follow: true, visibility: "flushed" }),
  "source() of a group": (store) => source(store, "t", { group: "g" }),
  "node's source()": (store) => nodeSource(store, "t", { group: "n" }),
};

/** Somebody takes the segment away, which the next sync sees. */
async function fail(store: Store, path: string): Promise<void> {
  unlinkSync(join(path, "commitlog", "0".repeat(20)));
  await assert.rejects(store.append({ topic: "t", body: "lost" }), { code: "DURABILITY_LOST" });
}

for (const [name, follow] of Object.entries(FOLLOWERS)) {
  for (const when of ["while it waits", "and closed before it is read on"] as const) {
    test(`${name} throws why its store failed, ${when}`, async () => {
      await using directory = await temporaryDirectory();
      const store = await openStore(directory.path, { geometry: { segmentByteLength: 64 * 1024 } });
      await store.appendAll(["a", "b"].map((body) => ({ topic: "t", body })));
      const iterator = follow(store)[Symbol.asyncIterator]();
      assert.equal((await iterator.next()).done, false);
      assert.equal((await iterator.next()).done, false);
      const waiting = when === "while it waits" ? iterator.next() : undefined;
      waiting?.catch(() => {});
      await fail(store, directory.path);
      if (waiting === undefined) await store.close();
      await assert.rejects(waiting ?? iterator.next(), { code: "DURABILITY_LOST" });
      await store.close();
    });
  }
}

test("Store.changed() rejects after a failure", async () => {
  await using directory = await temporaryDirectory();
  const store = await openStore(directory.path, { geometry: { segmentByteLength: 64 * 1024 } });
  await store.append({ topic: "t", body: "a" });
  const waiting = innerPortOf(store).changed();
  await fail(store, directory.path);
  await waiting;
  await assert.rejects(innerPortOf(store).changed(), { code: "DURABILITY_LOST" });
  await store.close();
  await assert.rejects(
    innerPortOf(store).changed(),
    (error: Error) => StoreError.is(error.cause, "DURABILITY_LOST"),
  );
});

test("job() rejects when the store that it follows fails", async () => {
  await using directory = await temporaryDirectory();
  await using own = await temporaryDirectory();
  const store = await openStore(directory.path, { geometry: { segmentByteLength: 64 * 1024 } });
  await using kept = await openStore(own.path, { geometry: { segmentByteLength: 64 * 1024 } });
  await store.append({ topic: "t", body: "a" });
  const processed = Promise.withResolvers<void>();
  const running = job<number>({
    name: "count",
    store: kept,
    source: { store, topic: "t" },
    initialState: () => 0,
    process: (_, { state: count }) => (processed.resolve(), count + 1),
  });
  running.catch(() => {});
  await processed.promise;
  await fail(store, directory.path);
  await assert.rejects(running, { code: "DURABILITY_LOST" });
  await store.close();
});
