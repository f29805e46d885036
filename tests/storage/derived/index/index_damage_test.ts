/**
 * An index that somebody damaged: it is a cache, so nothing of it ever stops the store.
 *
 * Tests: `index_folder.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { makeLink } from "../../../support/beside_grants.ts";
import { seededRandom } from "../../../../harness/support/random.ts";
import {
  checkRecords,
  FILE_BYTE_LENGTH,
  indexFixture,
  overwrite,
  pathsIn,
  putRecords,
  TIME,
} from "./index_fixture.ts";

const DAMAGE: Readonly<Record<string, (path: string) => void>> = {
  "too short": (path) => truncateSync(path, FILE_BYTE_LENGTH - 1),
  "too long": (path) => truncateSync(path, FILE_BYTE_LENGTH + 1),
  "with too many entries": (path) => overwrite(path, 36, new Uint8Array([0, 0, 2, 0])),
  "with too many slots": (path) => overwrite(path, 32, new Uint8Array([0, 0, 2, 0])),
  "with a negative position": (path) => overwrite(path, 16, new Uint8Array([255])),
  "that ends before it begins": (path) => overwrite(path, 24, new Uint8Array(8).fill(0)),
  "whose newest entry is elsewhere": (path) => overwrite(path, 40, new Uint8Array(400)),
};

for (const [what, harm] of Object.entries(DAMAGE)) {
  test(`MessageIndex finds a file ${what}, and is rebuilt`, async () => {
    await using fixture = await indexFixture();
    const writer = fixture.index();
    putRecords(writer, 3, 450);
    await writer.close();
    harm(pathsIn(fixture)[1]);
    const reader = fixture.index({ readOnly: true });
    assert.ok(reader.damage);
    assert.deepEqual([...reader.find("T", "k20")], [2000], "the others can be used");
    const index = fixture.index();
    assert.match(index.damage ?? "", /must be rebuilt from the log/);
    index.removeAll();
    assert.equal(index.damage, undefined);
    putRecords(index, 3, 460);
    checkRecords(index, 3, 460);
    await index.sync();
    assert.equal(fixture.index().damage, undefined);

    reader.removeAll();
    putRecords(reader, 3, 460);
    checkRecords(reader, 3, 460);
    reader.refresh();
    checkRecords(reader, 3, 460);
  });
}

test("MessageIndex removes a file that was never given its length, and passes over foreign names", async () => {
  await using fixture = await indexFixture();
  const writer = fixture.index();
  putRecords(writer, 0, 50);
  await writer.close();
  const unfinished = `${fixture.path}/index/29991231235959999`;
  writeFileSync(unfinished, "", { mode: 0o600 });
  writeFileSync(`${fixture.path}/index/README`, "");
  assert.equal(fixture.index({ readOnly: true }).damage, undefined);
  assert.equal(statSync(unfinished).size, 0, "a reader leaves it");
  const index = fixture.index();
  assert.equal(index.damage, undefined);
  assert.equal(statSync(unfinished).size, 0, "a writer that is still to be refused leaves it too");
  index.removeUnfinished();
  checkRecords(index, 0, 50);
  assert.equal(pathsIn(fixture).length, 2);
});

test("MessageIndex refuses a link among its files, and in place of its folder", async () => {
  await using fixture = await indexFixture();
  const writer = fixture.index();
  putRecords(writer, 0, 50);
  await writer.close();
  const [path] = pathsIn(fixture);
  renameSync(path, `${fixture.path}/file`);
  makeLink(`${fixture.path}/file`, path);
  assert.throws(() => fixture.index(), { code: "UNSAFE_DIRECTORY" });
  rmSync(path);
  renameSync(`${fixture.path}/index`, `${fixture.path}/folder`);
  makeLink(`${fixture.path}/folder`, `${fixture.path}/index`);
  assert.throws(() => fixture.index(), { code: "UNSAFE_DIRECTORY" });
});

test("MessageIndex survives any bytes, and no chain is endless", async () => {
  const random = seededRandom(20261122);
  await using fixture = await indexFixture();
  const writer = fixture.index();
  putRecords(writer, 0, 450);
  await writer.close();
  const paths = pathsIn(fixture);
  const good = paths.map((path) => readFileSync(path));
  for (let round = 0; round < 200; round++) {
    const which = random.next(paths.length);
    for (let harm = random.next(6); harm >= 0; harm--) {
      const bytes = random.bytes(1 + random.next(12));
      overwrite(paths[which], random.next(FILE_BYTE_LENGTH - 12), bytes);
    }
    const index = fixture.index({ readOnly: random.chance(2) });
    assert.ok([...index.find("T", "common")].length <= 1300);
    for (let record = 0; record < 450; record += 50) [...index.find("T", `k${record}`)];
    index.recoverTail(random.next(50_000));
    [...index.find("T", "common", { from: random.next(TIME), to: TIME })];
    index.refresh();
    await index.close();
    paths.forEach((path, at) => writeFileSync(path, good[at]));
  }
});

test("MessageIndex walks a chain that goes in a circle to its end", async () => {
  await using fixture = await indexFixture();
  const writer = fixture.index();
  putRecords(writer, 0, 100);
  await writer.close();
  const [path] = pathsIn(fixture);
  for (let entry = 1; entry <= 200; entry++) {
    overwrite(path, 40 + 400 + entry * 20 + 16, new Uint8Array([0, 0, 0, entry]));
  }
  const index = fixture.index({ readOnly: true });
  assert.ok([...index.find("T", "common")].length <= 200);
});

test("MessageIndex takes a slot that points behind the last entry for an empty one", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  putRecords(index, 0, 100);
  const [path] = pathsIn(fixture);
  for (let slot = 0; slot < 100; slot++) {
    overwrite(path, 40 + slot * 4, new Uint8Array([slot % 2 === 0 ? 127 : 255, 255, 255, 255]));
  }
  for (const one of [index, fixture.index({ readOnly: true })]) {
    for (let record = 0; record < 100; record++) {
      assert.deepEqual([...one.find("T", `k${record}`)], []);
    }
  }
  index.put("T", "new", 99_000, TIME);
  assert.deepEqual([...index.find("T", "new")], [99_000]);
});
