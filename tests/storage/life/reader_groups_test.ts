/**
 * Groups that are read in another process than the writer's: their progress goes into files of its
 * own, and the writer takes it over.
 *
 * @module
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { innerPortOf, openStore } from "../../../storage/mod.ts";
import { source } from "../../../mod.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { isExplained } from "../damage/damaged_store.ts";

import {
  CLAIM,
  claim,
  filled,
  progress,
  reading,
  SLOW,
  SMALL,
  told,
  until,
} from "./claimed_store.ts";

test("A group that a readOnly store reads goes on where it was, and the writer takes it over", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SMALL);
  {
    await using reader = await reading(path);
    const held = claim(reader);
    assert.equal(held.offset, undefined);
    held.done(7);
    await until(() => told(path) === "7");
    held.done(9);
    const row = { ...CLAIM, offset: 9, lagCount: 41, claimedBy: process.pid };
    await until(() => progress(writer)[0] === 9);
    assert.deepEqual([writer.groups(), reader.groups()], [[row], [row]]);
    held.done(10);
    held.release();
    held.done(30);
    await innerPortOf(reader).writeGroups();
    assert.equal(claim(reader).offset, 10, "A claim given back records nothing");
  }
  await using reader = await reading(path);
  assert.equal(claim(reader).offset, 10);
});

test("The next writer takes over what was read while there was none", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  {
    await using reader = await reading(path, SLOW);
    claim(reader).done(8);
  }
  assert.equal(told(path), "");
  {
    await using reader = await reading(path);
    assert.deepEqual(progress(reader), [8]);
  }
  await (await openStore(path, SLOW)).close();
  assert.equal(told(path), "8");
});

test("What the writer has read itself is where a reader goes on, before it is written, and back", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SLOW);
  await using reader = await reading(path, SLOW);
  for (let next = 1; next <= 6; next += 2) {
    const own = claim(writer);
    assert.equal(own.offset ?? 0, next - 1);
    own.done(next);
    own.release();
    const other = claim(reader);
    assert.equal(other.offset, next);
    other.done(next + 1);
    other.release();
  }
  assert.deepEqual([progress(writer), progress(reader), told(path)], [[6], [6], ""]);
  await writer.flush();
  assert.equal(told(path), "6");
});

test("A group is read once at a time, and the error says by whom", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SMALL);
  await using reader = await reading(path);
  const held = claim(reader);
  const own = { code: "GROUP_BUSY", reason: "this-process", processId: process.pid };
  for (const store of [writer, reader]) {
    assert.throws(() => claim(store), (error) => isExplained(error, own));
    await assert.rejects(store.moveGroup("g", { topic: "T", queueId: 0, offset: 1 }), own);
  }
  innerPortOf(writer).claim({ ...CLAIM, queueId: 1 }).release();
  innerPortOf(writer).claim({ ...CLAIM, group: "other" }).release();
  held.release();
  held.release();
  claim(writer).release();
});

test("A killed process gives its group back, and nothing that it had written is lost", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SLOW);
  {
    await using child = spawnScript("tests/runtime/claim_child.ts", [path, "g", "T", "12"]);
    assert.equal(await child.nextLine(), "undefined");
    const busy = { code: "GROUP_BUSY", reason: "other-process", processId: child.pid };
    assert.throws(() => claim(writer), (error) => isExplained(error, busy));
    assert.throws(() => claim(writer), /process \d+ \(.* UTC\) reads it as the group already/);
    assert.equal(writer.groups()[0].claimedBy, child.pid);
  }
  const row = { ...CLAIM, offset: 12, lagCount: 38, claimedBy: undefined };
  assert.deepEqual(writer.groups(), [row]);
  assert.equal(claim(writer).offset, 12);
});

test("Store.moveGroup() of a readOnly store moves a group back and forth", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SLOW);
  await using reader = await reading(path, SLOW);
  for (const offset of [9, 3, 5]) {
    await reader.moveGroup("g", { topic: "T", queueId: 0, offset });
    assert.deepEqual([progress(writer), progress(reader)], [[offset], [offset]]);
    await writer.flush();
    assert.equal(told(path), `${offset}`);
  }
  for (const offset of [40, 2, 4]) {
    await writer.moveGroup("g", { topic: "T", queueId: 0, offset });
    assert.equal(told(path), `${offset}`);
    assert.deepEqual(progress(reader), [offset]);
    const held = claim(reader);
    assert.equal(held.offset, offset);
    held.release();
  }
});

test("A group that a broker has moved or removed meanwhile goes on there", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await (await openStore(path, SMALL)).close();
  for (const [ours, theirs] of [[10, 20], [25, 15], [30, undefined]] as const) {
    {
      await using writer = await openStore(path, SMALL);
      await using reader = await reading(path);
      await reader.moveGroup("g", { topic: "T", queueId: 0, offset: ours });
      await writer.flush();
    }
    const table = theirs === undefined ? "{}" : `{"T@g":{0:${theirs}}}`;
    writeFileSync(join(path, "config/consumerOffset.json"), `{"offsetTable":${table}}`);
    {
      await using reader = await reading(path);
      assert.deepEqual(progress(reader), theirs === undefined ? [] : [theirs]);
      assert.equal(claim(reader).offset, theirs);
    }
    await using writer = await openStore(path, SMALL);
    assert.deepEqual(progress(writer), theirs === undefined ? [] : [theirs]);
    assert.equal(claim(writer).offset, theirs);
  }
});

test("A reader goes on from where a group is, though its own view of the log is behind", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SLOW);
  await using reader = await reading(path, SLOW);
  // As if the writer had read what the reader does not see yet.
  const held = claim(writer);
  held.done(51);
  held.release();
  const messages = source(reader, "T", { group: "g" })[Symbol.asyncIterator]();
  const next = messages.next();
  await writer.append({ topic: "T", body: "read" });
  await writer.append({ topic: "T", body: "last" });
  assert.equal((await next).value?.text(), "last");
  await messages.return?.();
});

test("Store.moveGroup() may be called again before it has settled", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SLOW);
  await using reader = await reading(path, SLOW);
  for (const store of [writer, reader]) {
    const moves = [7, 5, 6].map((offset) =>
      store.moveGroup("g", { topic: "T", queueId: 0, offset })
    );
    await Promise.all(moves);
    assert.deepEqual(progress(store), [6]);
  }
});
