/**
 * What keeps a process alive and what does not, as docs/adapters.md has it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../mod.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const CHILD = "tests/runtime/alive_child.ts";

for (const what of ["writer", "appended", "checkpoints", "source", "aborted", "followed"]) {
  test(`openStore() lets a process end that leaves it open and waits for nothing (${what})`, async () => {
    await using directory = await temporaryDirectory();
    await using child = spawnScript(CHILD, [directory.path, what]);
    assert.deepEqual(await child.remainingLines(), ["done", "ended by itself"]);
    assert.equal((await child.wait()).code, 0);
    await using store = await openStore(directory.path);
    assert.equal(store.queue("T").endOffset, ["appended", "followed"].includes(what) ? 2 : 1);
  });
}

test("openStore() keeps a process alive while it gives others their turn in a backlog", async () => {
  await using directory = await temporaryDirectory();
  await using child = spawnScript(CHILD, [directory.path, "backlog"]);
  assert.deepEqual(await child.remainingLines(), ["done", "ended by itself"]);
  assert.equal((await child.wait()).code, 0);
});

for (const what of ["read", "group", "job", "stuck", "reader"]) {
  test(`openStore() keeps a process alive while somebody waits (${what})`, async () => {
    await using directory = await temporaryDirectory();
    await using child = spawnScript(CHILD, [directory.path, what]);
    assert.equal(await child.nextLine(), "done");
    assert.equal(await child.nextLine(), "alive");
  });
}
