/**
 * Derived files that somebody damages behind the store's back: never a wrong message, never one
 * missing without a word, and the next opening mends what is gone.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../ffi/mod.ts";
import { openStore, systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import {
  allAnswers,
  appendSample,
  SAMPLE_GEOMETRY,
  SAMPLE_OPTIONS,
} from "../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const environment = systemEnvironment(await loadLibc());
const QUEUE = "consumequeue/Bills/1";
/** Entry 5 of a queue file: a position of 8 bytes, then a length of 4. */
const POSITION_LOW_AT = 5 * 20 + 4;
const LENGTH_AT = 5 * 20 + 8;

/**
 * What is done to the entries; `first` is the length of message 0, which is in queue 0 of another
 * topic.
 */
const GARBLED: Readonly<Record<string, (entries: DataView, first: number) => void>> = {
  "beyond the log": (entries) => entries.setInt32(POSITION_LOW_AT, 0x7000_0000),
  "nowhere, erased": (entries) => {
    for (let at = 0; at < 20; at++) entries.setInt8(5 * 20 + at, 0);
  },
  "into a record": (entries) => add(entries, POSITION_LOW_AT, 13),
  "at a record of another length": (entries) => add(entries, LENGTH_AT, 13),
  "at a record of another queue": (entries, first) => {
    entries.setInt32(POSITION_LOW_AT, 0);
    entries.setInt32(LENGTH_AT, first);
  },
};

function add(view: DataView, at: number, difference: number): void {
  view.setInt32(at, view.getInt32(at) + difference);
}

for (const [where, garble] of Object.entries(GARBLED)) {
  test(`Queue.read() and borrow() refuse an entry that points ${where}, until the queue is built anew`, async () => {
    await using directory = await temporaryDirectory();
    const root = directory.path;
    let answers: string;
    let first: number;
    {
      await using store = await openStore(root, SAMPLE_OPTIONS);
      await appendSample(store);
      first = (await store.get(0))!.byteLength;
      answers = await allAnswers(store);
    }
    const path = join(root, QUEUE, "0".repeat(20));
    const bytes = readFileSync(path);
    garble(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), first);
    writeFileSync(path, bytes);
    for (const readOnly of [true, false]) {
      await using store = await openStore(root, { readOnly });
      const reading = Array.fromAsync(store.queue("Bills", 1).read());
      await assert.rejects(reading, { code: "CORRUPTED" });
      assert.equal((await store.queue("Bills", 1).readBatch({ from: 6 })).length, 78);
      const lent: number[] = [];
      const borrow = () => store.queue("Bills", 1).borrowSync({}, (_, offset) => lent.push(offset));
      assert.throws(borrow, { code: "CORRUPTED" });
      assert.deepEqual(lent, [0, 1, 2, 3, 4]);
    }
    assert.equal((await verifyStore(environment, root)).verdict, "repairable");
    rmSync(join(root, QUEUE), { recursive: true });
    await using store = await openStore(root);
    assert.equal(await allAnswers(store), answers);
  });
}

for (const which of ["first", "last"] as const) {
  test(`Store.close() notices that somebody removed the ${which} index file, and the next opening makes it anew`, async () => {
    await using directory = await temporaryDirectory();
    const root = directory.path;
    let answers: string;
    {
      await using store = await openStore(root, SAMPLE_OPTIONS);
      await appendSample(store);
      answers = await allAnswers(store);
    }
    {
      await using store = await openStore(root);
      const names = readdirSync(join(root, "index")).sort();
      assert.ok(names.length > 2);
      // Something is put into the last one, so that it is open.
      await store.append({ topic: "Other", body: "x", keys: "other" });
      rmSync(join(root, "index", which === "first" ? names[0] : names.at(-1)!));
      await store.close();
      assert.match(store.info.notes.join("\n"), /^index\/\d+ is gone/m);
      assert.ok(existsSync(join(root, "abort")), "Whoever comes next rebuilds, RocketMQ too");
    }
    await using store = await openStore(root);
    assert.equal(store.queue("Other").endOffset, 1);
    const found = JSON.parse(await allAnswers(store)).found.filter(([topic]: [string]) =>
      topic !== "Other"
    );
    assert.deepEqual(found, JSON.parse(answers).found);
    assert.equal((await Array.fromAsync(store.find("Other", "other"))).length, 1);
  });
}

test("openStore() makes an index anew in whose place somebody put an older copy", async () => {
  await using directory = await temporaryDirectory();
  const root = directory.path;
  const options = {
    ...SAMPLE_OPTIONS,
    geometry: { ...SAMPLE_GEOMETRY, indexEntryCount: 5000 },
  };
  const append = async (count: number) => {
    await using store = await openStore(root, options);
    const body = "x".repeat(3000);
    for (let one = 0; one < count; one++) {
      const { endOffset } = store.queue("T");
      await store.append({ topic: "T", body, keys: `k${endOffset}` }, { durability: "committed" });
    }
  };
  await append(40);
  const [name] = readdirSync(join(root, "index"));
  const older = readFileSync(join(root, "index", name));
  await append(60);
  assert.deepEqual(readdirSync(join(root, "index")), [name]);
  writeFileSync(join(root, "index", name), older);
  for (const readOnly of [true, false]) {
    await using store = await openStore(root, { ...options, readOnly });
    const found: number[] = [];
    for (let offset = 0; offset < 100; offset++) {
      for await (const message of store.find("T", `k${offset}`)) found.push(message.offset);
    }
    assert.deepEqual(found, Array.from({ length: 100 }, (_, offset) => offset));
  }
});
