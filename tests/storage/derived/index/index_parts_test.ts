/**
 * How an index file divides, and what is kept of it in memory.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  emptyIndexEntry,
  INDEX_ENTRY,
  indexKeyHash,
  indexSeed,
  messageKeys,
} from "../../../../storage/layout/mod.ts";
import { fitGeometry, readIndexEntry } from "../../../../storage/derived/index/mod.ts";
import { IndexOverlay } from "../../../../storage/derived/index/index_overlay.ts";
import { KeyColumns } from "../../../../storage/derived/index/key_columns.ts";
import { indexFixture } from "./index_fixture.ts";

test("fitGeometry() takes what is asked for if it adds up, else four entries to a slot", () => {
  const asked = { slotCount: 100, entryCount: 2000 };
  assert.equal(fitGeometry(40_440, asked), asked);
  assert.deepEqual(fitGeometry(8440, asked), { slotCount: 100, entryCount: 400 });
  assert.deepEqual(fitGeometry(420_000_040, asked), {
    slotCount: 5_000_000,
    entryCount: 20_000_000,
  });
  for (const byteLength of [0, 40, 83, 41, 8439, 8441]) {
    assert.equal(fitGeometry(byteLength, asked), undefined);
  }
});

test("readIndexEntry() reads what is there, also of a first entry, which is measured otherwise", () => {
  const entry = emptyIndexEntry();
  const copyOut = (_offset: number, byteLength: number, target: Uint8Array) => {
    target.fill(0, 0, byteLength)[INDEX_ENTRY.offsets.timeDiff + 3] = 50;
  };
  readIndexEntry({ copyOut }, { slotCount: 100, entryCount: 400 }, 1, entry);
  assert.equal(entry.timeDiffSeconds, 50);
});

test("KeyColumns.addOf() hashes what messageKeys() gives", () => {
  const texts = [undefined, "", "one", " a  b ", "a b", "  ", "ä é", "k1 k2 k1"];
  for (const uniqKey of texts) {
    for (const text of texts) {
      const keys = new KeyColumns();
      keys.addOf(indexSeed("T"), uniqKey, text, 7, 9);
      const expected = messageKeys(uniqKey, text).map((key) => indexKeyHash("T", key));
      assert.deepEqual([...keys.hashes.subarray(0, keys.count)], expected, `${uniqKey}, ${text}`);
    }
  }
});

test("IndexOverlay.drain() forgets what was taken, in order, and keeps the rest", () => {
  const overlay = new IndexOverlay();
  const keys = new KeyColumns();
  for (let at = 0; at < 1000; at++) keys.add(at % 3, at * 10, at);
  assert.equal(overlay.put(keys, 0), 1000);
  overlay.drain(({ count, positions }) => {
    assert.deepEqual([count, positions[599]], [1000, 5990]);
    return 600;
  });
  assert.equal(overlay.count, 400);
  assert.equal(overlay.firstPosition, 6000);
  assert.deepEqual(overlay.find(0, (time) => time < 610), [6090, 6060, 6030, 6000]);
  overlay.dropBelow(9975);
  assert.equal(overlay.firstPosition, 9980);
  overlay.dropBelow(99_999);
  assert.equal(overlay.firstPosition, undefined);
  assert.equal(overlay.count, 0);
});

test("MessageIndex says that it is incomplete when even memory has no room", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index({ readOnly: true });
  for (let record = 0; record < 4_000_000; record++) index.put("T", "k", record, 0);
  assert.equal(index.damage, undefined);
  index.put("T", "k", 4_000_000, 0);
  assert.match(index.damage ?? "", /no room for keys from position 4000000 on/);
});
