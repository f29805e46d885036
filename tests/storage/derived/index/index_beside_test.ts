/**
 * An index file that a live writer has just made, and whose entries do not tell yet how it divides.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../../../storage/mod.ts";
import { spawnScript } from "../../../../harness/support/child.ts";
import { openGolden } from "../../../support/golden.ts";

const NAME = "20261129081734373";
/** 100 slots and 2000 entries, which are neither the defaults nor one slot to four entries. */
const BYTE_LENGTH = 40 + 100 * 4 + 2000 * 20;

test("openStore() with readOnly takes an index file that tells nothing for one that a live writer has just made", async () => {
  await using golden = await openGolden("basic-5.3.3");
  const { root, manifest: { java: { records } } } = golden;
  const { topic, props: { KEYS } } = records.find(({ props }) => props.KEYS !== undefined)!;
  const [key] = KEYS.split(" ");
  rmSync(join(root, "index"), { recursive: true });
  mkdirSync(join(root, "index"), { mode: 0o700 });
  writeFileSync(join(root, "index", NAME), new Uint8Array(BYTE_LENGTH), { mode: 0o600 });
  const look = async () => {
    await using store = await openStore(root, { readOnly: true });
    assert.ok((await Array.fromAsync(store.find(topic, key))).length > 0, "found in memory");
    return store.info.notes.filter((note) => note.includes(NAME));
  };
  const [note, ...others] = await look();
  assert.match(note, /must be rebuilt from the log: it has 40440 bytes/);
  assert.deepEqual(others, []);

  await using holder = spawnScript("tests/storage/verify/lock_child.ts", [root, "process"]);
  assert.equal(await holder.nextLine(), "locked");
  assert.deepEqual(await look(), []);
});
