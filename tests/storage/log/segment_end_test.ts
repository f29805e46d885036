/**
 * The end of a segment: what fits exactly, what does not, and what a roll tells.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../../../storage/mod.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import {
  openSimStore,
  SIM_SEGMENT,
  type SimLife,
} from "../../../harness/simulation/history/sim_store.ts";
import { innerPortOf } from "../../../storage/mod.ts";

const SEGMENT = SIM_SEGMENT;
/** The blank record that ends every segment. */
const BLANK = 8;

for (const writePath of ["staged", "mapped"] as const) {
  const open = async () => await openSimStore(machine([]), { writePath });

  test(`Store.append() puts a record into a segment that just holds it and a blank one (${writePath})`, async () => {
    const life = await open();
    const { store, settle } = life;
    const overhead = await recordOverhead(life);
    const fill = (byteLength: number) =>
      settle(store.append({ topic: "t", body: new Uint8Array(byteLength) }));
    const room = () => SEGMENT - store.info.writtenPosition % SEGMENT - BLANK;
    const { position } = await fill(room() - overhead);
    assert.ok(position < SEGMENT, "It fits exactly");
    assert.equal(store.info.writtenPosition, SEGMENT - BLANK);
    assert.equal((await fill(10)).position, SEGMENT, "Nothing fits behind it");
    assert.equal((await fill(room() - overhead + 1)).position, 2 * SEGMENT, "A byte too long");
    await settle(store.close());
  });

  test(`Store.appendAll() takes a group that fills a segment, and refuses one byte more (${writePath})`, async () => {
    const life = await open();
    const { store, settle } = life;
    const overhead = await groupOverhead(life);
    const first = new Uint8Array(1000);
    const largest = SEGMENT - BLANK - 2 * overhead - first.length;
    const group = (byteLength: number): Message[] =>
      [first, new Uint8Array(byteLength)].map((body) => ({ topic: "t", body }));
    for (let over = 1; over <= BLANK; over++) {
      const refused = settle(store.appendAll(group(largest + over), { atomic: true }));
      await assert.rejects(refused, { code: "MESSAGE_TOO_LARGE", reason: "batch" });
    }
    const places = await settle(store.appendAll(group(largest), { atomic: true }));
    assert.equal(places.at(0)!.position % SEGMENT, 0);
    assert.equal(store.info.writtenPosition % SEGMENT, SEGMENT - BLANK);
    await settle(store.close());
  });

  test(`Store.append() refuses a record that fits into no segment, by one byte (${writePath})`, async () => {
    const life = await openSimStore(machine([]), {
      writePath,
      geometry: { maxBodyByteLength: SEGMENT },
    });
    const { store, settle } = life;
    const overhead = await recordOverhead(life);
    const append = (byteLength: number) =>
      settle(store.append({ topic: "t", body: new Uint8Array(byteLength) }));
    const largest = SEGMENT - BLANK - overhead;
    await assert.rejects(append(largest + 1), { code: "MESSAGE_TOO_LARGE", reason: "record" });
    assert.equal((await append(largest)).position % SEGMENT, 0);
    await settle(store.close());
  });
}

/** Bytes of a record beside its body. */
async function recordOverhead({ store, settle }: SimLife): Promise<number> {
  const { position } = await settle(store.append({ topic: "t", body: new Uint8Array(100) }));
  return (await store.get(position))!.byteLength - 100;
}

async function groupOverhead({ store, settle }: SimLife): Promise<number> {
  const body = new Uint8Array(100);
  const group = [{ topic: "t", body }, { topic: "t", body }];
  const [{ position }] = await settle(store.appendAll(group, { atomic: true }));
  return (await store.get(position))!.byteLength - 100;
}

test("A roll is published, although nothing behind it is committed yet", async () => {
  const kernel = machine([]);
  const lazy = { tuning: { commitIntervalMs: 60_000, commitThoroughIntervalMs: 60_000 } };
  const writer = await openSimStore(kernel, {
    ...lazy,
    tuning: { ...lazy.tuning, commitLeastPages: 64 },
  });
  await writer.append();
  const reader = await openSimStore(kernel, { readOnly: true });
  let isTold = false;
  const told = () => innerPortOf(writer.store).changed().then(() => isTold = true);
  await kernel.scheduler.advance(100);
  void told();
  const body = new Uint8Array(SEGMENT - 500);
  await writer.settle(innerPortOf(writer.store).accept({ topic: "t", body }));
  await kernel.scheduler.idle();
  assert.equal(writer.store.info.committedPosition, SEGMENT, "The first segment is full");
  assert.ok(isTold, "Whoever waits in this process");
  assert.equal(reader.store.info.committedPosition, SEGMENT, "Who reads in another one");
});
