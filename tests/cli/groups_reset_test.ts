/**
 * Setting a group: where it may be set, and what is noted about it.
 *
 * Tests: `groups_command.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore, type Store } from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { said } from "./said.ts";

/** A store with three messages in queue 0 of topic `t` and one in queue 1; group `g` is at 1. */
async function makeStore(path: string): Promise<void> {
  await using store = await openStore(path, { geometry: { segmentByteLength: 65_536 } });
  const queueIds = [0, 0, 0, 1];
  await store.appendAll(queueIds.map((queueId) => ({ topic: "t", queueId, body: "ham" })));
  await store.moveGroup("g", { topic: "t", queueId: 0, offset: 1 });
}

function placesOf(store: Store, group: string): [queueId: number, offset: number][] {
  return store.groups().filter((one) => one.group === group)
    .map(({ queueId, offset }) => [queueId, offset]);
}

test("streambed groups --reset sets no queue where an offset is beyond the end of one", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const reset = ["-d", dir.path, "groups", "--reset", "g", "t", "--to"];
  assert.deepEqual(await said([...reset, "2"]), [
    1,
    'streambed: Cannot reset group "g": queue 1 of topic "t" ends at offset 1, before 2; say --to ' +
    "latest, or one queue with --queue\n",
  ]);
  assert.equal((await said([...reset, "4", "--queue", "0"]))[0], 1);
  {
    await using store = await openStore(dir.path, { readOnly: true });
    assert.deepEqual(placesOf(store, "g"), [[0, 1]]);
  }
  assert.deepEqual(await said([...reset, "3", "--queue", "0"]), [0, ""]);
  await using store = await openStore(dir.path, { readOnly: true });
  assert.deepEqual(placesOf(store, "g"), [[0, 3]]);
});

test("streambed groups --reset notes that a time is still to come, and that a group is new", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const reset = (group: string, to: string) =>
    said(["-d", dir.path, "groups", "--reset", group, "t", "--to", to]);
  assert.deepEqual(await reset("g", "2200-01-01T00:00:00Z"), [
    0,
    "note: 2200-01-01T00:00:00.000Z is in the future: the group is set to the end\n",
  ]);
  assert.deepEqual(await reset("new", "-1"), [
    0,
    'note: group "new" is new, nothing has read as it yet\n',
  ]);
  assert.deepEqual(await reset("new", "1970-01-02"), [0, ""]);
  await using store = await openStore(dir.path, { readOnly: true });
  assert.deepEqual(placesOf(store, "g"), [[0, 3], [1, 1]]);
  assert.deepEqual(placesOf(store, "new"), [[0, 0], [1, 0]]);
});
