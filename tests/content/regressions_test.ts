/**
 * What the flips found: each was believed once, or ended with an error that the store does not
 * declare.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStoreIn } from "../../storage/mod.ts";
import { INDEX_ENTRY, indexEntryOffset } from "../../storage/layout/mod.ts";
import { flipped } from "../../harness/content/flips.ts";
import {
  APPEND_PLACE,
  buildScene,
  SCENE_INDEX_SLOTS,
  SCENE_OPTIONS,
} from "../../harness/content/scenes.ts";
import { memoryPlace, Trial } from "../../harness/content/trial.ts";

const QUEUE = "consumequeue/Early/0/00000000000000000000";
const ENTRY_BYTE_LENGTH = 20;

/** Story, entry, byte of its position, value. */
const ENTRIES: readonly (readonly [story: string, entry: number, at: number, value: number])[] = [
  // It was taken for one of a record that nobody sees yet, cut, and its offset given away again.
  ["a last entry that points behind the log", 1, 3, 1],
  // It was cut as one that no walk confirms.
  ["a last entry that points into the last segment", 1, 6, 0x18],
  // It was taken for a place without a message, and the queue seemed to start behind it.
  ["a first entry that no number holds", 0, 0, 0x50],
];

for (const [story, entry, at, value] of ENTRIES) {
  test(`openStore() makes ${story} anew from the log`, async () => {
    const scene = await buildScene("older");
    const trial = await Trial.of(scene);
    const flip = { path: QUEUE, at: entry * ENTRY_BYTE_LENGTH + at, value };
    for (const mode of ["read", "write"] as const) {
      const judgement = await trial[mode](QUEUE, memoryPlace(scene, flipped(scene, flip)));
      assert.equal(judgement.verdict, "equal", judgement.detail);
    }
    const { environment, root } = memoryPlace(scene, flipped(scene, flip));
    await using store = await openStoreIn(environment(), root, SCENE_OPTIONS);
    const { offset } = await store.append({ topic: "Early", body: "third" });
    assert.equal(offset, 2, "No offset is given away twice");
  });
}

test("openStore() makes an entry anew that points behind the log and has others behind it", async () => {
  const scene = await buildScene("older");
  const trial = await Trial.of(scene);
  // The walk of the last segment came to the third entry, and took the second for one that the log
  // has lost.
  const flip = {
    path: "consumequeue/Group/0/00000000000000000000",
    at: ENTRY_BYTE_LENGTH + 3,
    value: 3,
  };
  for (const mode of ["read", "write"] as const) {
    const judgement = await trial[mode](flip.path, memoryPlace(scene, flipped(scene, flip)));
    assert.equal(judgement.verdict, "equal", judgement.detail);
  }
});

for (const [story, entry, at, value] of ENTRIES) {
  test(`openStore() gives no offset away twice because of ${story} after an orderly close`, async () => {
    const scene = await buildScene("closed");
    const trial = await Trial.of(scene);
    const flip = { path: QUEUE, at: entry * ENTRY_BYTE_LENGTH + at, value };
    // What the walk does not come to is refused when it is read.
    for (const mode of ["read", "write"] as const) {
      const { verdict } = await trial[mode](QUEUE, memoryPlace(scene, flipped(scene, flip)));
      assert.ok(verdict === "equal" || verdict === "refused", verdict);
    }
    const { environment, root } = memoryPlace(scene, flipped(scene, flip));
    await using store = await openStoreIn(environment(), root, SCENE_OPTIONS);
    const { offset } = await store.append({ topic: "Early", body: "third" });
    assert.equal(offset, 2);
  });
}

test("openStore() makes an index anew whose header says a time that no number holds", async () => {
  const scene = await buildScene("closed");
  const trial = await Trial.of(scene);
  const path = [...scene.content.keys()].find((one) => one.startsWith("index/"))!;
  // From 2^52 on, adding the seconds of an entry gave a number that could not be written.
  for (const [at, value] of [[1, 64], [1, 16], [9, 64], [0, 0x80]]) {
    for (const mode of ["read", "write"] as const) {
      const place = memoryPlace(scene, flipped(scene, { path, at, value }));
      const judgement = await trial[mode](path, place);
      assert.equal(judgement.verdict, "equal", judgement.detail);
    }
  }
});

test("openStore() that refuses a log leaves everything but the index as it was", async () => {
  const scene = await buildScene("older");
  const trial = await Trial.of(scene);
  const path = "commitlog/00000000000000004096";
  const place = memoryPlace(scene, flipped(scene, { path, at: 100, value: 0x5a }));
  const judgement = await trial.write(path, place);
  assert.deepEqual(judgement, { verdict: "refused", detail: "the opening" });
  const { environment, root } = memoryPlace(scene, scene.content);
  await using store = await openStoreIn(environment(), root, SCENE_OPTIONS);
  assert.equal((await store.append({ ...APPEND_PLACE, body: "on" })).offset, 6);
});

test("openStore() keeps an index whose first entry has a time that no entry has", async () => {
  const scene = await buildScene("closed");
  const trial = await Trial.of(scene);
  const path = [...scene.content.keys()].find((one) => one.startsWith("index/"))!;
  // Nobody reads the time of a first entry, but the walk stopped there, cut all keys, and verify
  // looked at none of it.
  const at = indexEntryOffset(SCENE_INDEX_SLOTS, 1) + INDEX_ENTRY.offsets.timeDiff;
  for (const mode of ["read", "write"] as const) {
    const place = memoryPlace(scene, flipped(scene, { path, at, value: 0xad }));
    const judgement = await trial[mode](path, place);
    assert.equal(judgement.verdict, "equal", judgement.detail);
  }
});
