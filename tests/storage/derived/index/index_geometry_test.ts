/**
 * How an index file divides is told by its entries, whatever the options say; of an empty one
 * nothing is told, and that is said.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  type IndexGeometry,
  type IndexSource,
  tellGeometry,
} from "../../../../storage/derived/index/mod.ts";
import { indexEntryOffset } from "../../../../storage/layout/mod.ts";
import { openStore } from "../../../../storage/mod.ts";
import { linesOf, objectsOf, runCli } from "../../../cli/cli_child.ts";
import { openGolden } from "../../../support/golden.ts";
import { seededRandom } from "../../../../harness/support/random.ts";
import { temporaryDirectory } from "../../../../harness/support/temp_dir.ts";
import { indexFixture, pathsIn, TIME } from "./index_fixture.ts";

const WRONG: IndexGeometry = { slotCount: 77, entryCount: 1234 };
const BROKER_FILE_BYTE_LENGTH = 40_440;

function sourceOf(bytes: Uint8Array): IndexSource {
  return {
    copyOut(offset, byteLength, target) {
      const part = bytes.subarray(offset, offset + byteLength);
      target.set(part);
      target.fill(0, part.length, byteLength);
    },
  };
}

function told(path: string, asked = WRONG): IndexGeometry | undefined {
  const bytes = new Uint8Array(readFileSync(path));
  return tellGeometry(sourceOf(bytes), bytes.length, asked);
}

/** The bytes of a file with `records` records of `keys` keys each. */
async function filePathWith(
  geometry: IndexGeometry,
  content: { records: number; keys: number; start: number },
  check: (path: string) => void,
): Promise<void> {
  await using fixture = await indexFixture();
  const { slotCount, entryCount } = geometry;
  const index = fixture.index({ indexSlotCount: slotCount, indexEntryCount: entryCount });
  const random = seededRandom(content.records * 31 + content.keys);
  for (let record = 0; record < content.records; record++) {
    for (let key = 0; key < content.keys; key++) {
      const word = `k${random.next(50)}`;
      index.put("T", word, content.start + record * 120, TIME + record * 10);
    }
  }
  await index.sync();
  await index.close();
  const [path] = pathsIn(fixture);
  check(path);
}

const DIVISIONS: readonly IndexGeometry[] = [
  { slotCount: 1, entryCount: 30 },
  { slotCount: 7, entryCount: 50 },
  { slotCount: 10, entryCount: 40 },
  { slotCount: 100, entryCount: 2000 },
  // As long as one of 100 slots and 400 entries.
  { slotCount: 50, entryCount: 410 },
  { slotCount: 250, entryCount: 410 },
  { slotCount: 1000, entryCount: 64 },
  { slotCount: 65_536, entryCount: 5000 },
];

for (const geometry of DIVISIONS) {
  const { slotCount, entryCount } = geometry;
  test(`tellGeometry() tells ${slotCount} slots and ${entryCount} entries by what is in the file`, async () => {
    for (const start of [0, 1_000_000]) {
      for (const [records, keys] of [[1, 1], [1, 2], [1, 5], [3, 1], [4, 3], [25, 1]]) {
        await filePathWith(geometry, { records, keys, start }, (path) => {
          assert.deepEqual(told(path), geometry, `${records} records of ${keys} keys at ${start}`);
          assert.deepEqual(told(path, geometry), geometry);
          for (const shift of [-1, 1, 2]) {
            const asked = { slotCount: slotCount + 5 * shift, entryCount: entryCount - shift };
            if (asked.slotCount > 0) {
              assert.deepEqual(told(path, asked), geometry, `asked ${shift}`);
            }
          }
        });
      }
    }
  });
}

test("tellGeometry() tells the divisions of RocketMQ's files, full ones and others", async () => {
  const expected = [
    ["basic-5.3.3", 400],
    ["basic-5.5.0", 400],
    ["broker-5.3.3", 2000],
    ["broker-5.5.0", 2000],
    ["retained-5.3.3", 400],
  ] as const;
  for (const [name, entryCount] of expected) {
    await using golden = await openGolden(name);
    const folder = join(golden.root, "index");
    for (const file of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, file));
      const isEmpty = bytes.readInt32BE(36) <= 1;
      const right = isEmpty ? undefined : { slotCount: 100, entryCount };
      assert.deepEqual(told(join(folder, file)), right, `${name} ${file}`);
    }
  }
});

test("tellGeometry() tells the division of a file in which one byte is wrong, whichever it is", async () => {
  const geometry = { slotCount: 20, entryCount: 60 };
  const content = { records: 20, keys: 2, start: 5000 };
  await filePathWith(geometry, content, (path) => {
    const whole = new Uint8Array(readFileSync(path));
    const end = indexEntryOffset(geometry.slotCount, 1 + content.records * content.keys);
    for (let at = 0; at < end; at++) {
      for (const flip of [0x01, 0x40, 0xff]) {
        const bytes = whole.with(at, whole[at] ^ flip);
        const found = tellGeometry(sourceOf(bytes), bytes.length, WRONG);
        assert.deepEqual(found, geometry, `byte ${at} is ${bytes[at]}`);
      }
    }
  });
});

test("tellGeometry() tells nothing of a file without entries, and of one in ruins", async () => {
  const geometry = { slotCount: 100, entryCount: 400 };
  await filePathWith(geometry, { records: 20, keys: 2, start: 5000 }, (path) => {
    const whole = new Uint8Array(readFileSync(path));
    const random = seededRandom(7);
    const ruin = whole.map((byte, at) => at < 40 ? byte : random.next(256));
    assert.equal(tellGeometry(sourceOf(ruin), ruin.length, geometry), undefined, "random bytes");
    const empty = whole.fill(0, 32);
    empty[39] = 1;
    assert.equal(tellGeometry(sourceOf(empty), empty.length, geometry), undefined, "empty");
  });
});

test("openStore() goes on in a broker's index files as the broker divides them", async () => {
  await using golden = await openGolden("broker-5.3.3");
  const key = golden.manifest.java.records.find(({ props }) => props.KEYS !== undefined)!;
  const word = key.props.KEYS.split(" ")[0];
  const doctor = async () => {
    const { out } = await runCli(["doctor", "-d", golden.root, "--json"]);
    const { maxHashSlotNum, maxIndexNum } = objectsOf(out)[0].broker as Record<string, number>;
    return [maxHashSlotNum, maxIndexNum];
  };
  assert.deepEqual(await doctor(), [100, 2000]);
  {
    await using store = await openStore(golden.root);
    await store.append({ topic: "T", body: "x", keys: "new" });
    const { geometry, notes } = store.info;
    assert.deepEqual([geometry.indexSlotCount, geometry.indexEntryCount], [100, 2000]);
    assert.deepEqual(notes.filter((note) => note.includes("ndex")), []);
    assert.ok((await Array.fromAsync(store.find(key.topic, word))).length > 0);
  }
  // The first writer of a broker's directory makes the index anew, as it was.
  const names = readdirSync(join(golden.root, "index"));
  assert.equal(names.length, 1);
  const after = readFileSync(join(golden.root, "index", names[0]));
  assert.equal(after.length, BROKER_FILE_BYTE_LENGTH);
  assert.deepEqual(told(join(golden.root, "index", names[0])), {
    slotCount: 100,
    entryCount: 2000,
  });
  assert.ok(after.readInt32BE(36) > 100);
  assert.deepEqual(await doctor(), [100, 2000]);
});

test("A store whose index files are empty says that their division is assumed, and invents nothing for a broker", async () => {
  await using directory = await temporaryDirectory();
  const root = directory.path;
  {
    await using store = await openStore(root, { geometry: { segmentByteLength: 65_536 } });
    await store.append({ topic: "T", body: "x" });
  }
  // As RocketMQ makes one for messages without keys: 100 slots and 2,000 entries.
  mkdirSync(join(root, "index"), { recursive: true });
  const empty = new Uint8Array(BROKER_FILE_BYTE_LENGTH).with(39, 1);
  const name = "20261121233654255";
  writeFileSync(join(root, "index", name), empty);
  const isTold = (notes: readonly string[]) =>
    notes.some((note) => /slots and .* assumed/.test(note));
  {
    await using store = await openStore(root, { readOnly: true });
    const { notes, geometry } = store.info;
    assert.ok(notes.some((note) => /must be rebuilt from the log: it has 40440 bytes/.test(note)));
    assert.ok(geometry.indexSlotCount > 0);
  }
  const asked = { geometry: { indexSlotCount: 100, indexEntryCount: 2000 } };
  {
    await using store = await openStore(root, { readOnly: true, ...asked });
    assert.equal(isTold(store.info.notes), false, "Somebody knows");
    assert.equal(store.info.geometry.indexEntryCount, 2000);
  }
  const fitting = new Uint8Array(40 + 84 * 100).with(39, 1);
  writeFileSync(join(root, "index", name), fitting);
  {
    await using store = await openStore(root, { readOnly: true });
    assert.ok(isTold(store.info.notes), store.info.notes.join());
  }
  const { out } = await runCli(["doctor", "-d", root, "--json"]);
  const { maxHashSlotNum, maxIndexNum } = objectsOf(out)[0].broker as Record<string, number>;
  assert.deepEqual([maxHashSlotNum, maxIndexNum], [null, null]);
  const words = linesOf((await runCli(["doctor", "-d", root])).out);
  assert.ok(
    words.includes(
      "  maxIndexNum  as in the configuration that made the index files: nothing in them tells",
    ),
  );
  const info = linesOf((await runCli(["info", "-d", root])).out).find((line) =>
    line.includes("index:")
  );
  assert.match(info!, /files of 100 slots and 400 entries, assumed: nothing in them tells/);
  const copy = join(root, "..", `${name}.copy`);
  writeFileSync(copy, fitting);
  const dumped = objectsOf((await runCli(["dump", copy, "--as", "index", "--json"])).out);
  assert.deepEqual(dumped.map(({ kind }) => kind), ["header", "untold"]);
});
