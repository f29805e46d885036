/**
 * The lock between tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { withFileLock } from "../../harness/support/file_lock.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

test("withFileLock() lets one in at a time, also within a process", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "deep", "lock");
  let inside = 0;
  const seen: number[] = [];

  const results = await Promise.all([1, 2, 3, 4].map((turn) =>
    withFileLock(path, async () => {
      inside++;
      // Others get every chance to come in: the event loop turns while the lock is held.
      for (let count = 0; count < 5; count++) await new Promise((next) => setTimeout(next, 1));
      seen.push(inside);
      inside--;
      return turn;
    })
  ));

  assert.deepEqual(seen, [1, 1, 1, 1]);
  assert.deepEqual(results, [1, 2, 3, 4]);
});

test("withFileLock() lets the next one in after a failure", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "lock");

  await assert.rejects(withFileLock(path, () => Promise.reject(new Error("planted"))), /planted/);
  assert.equal(await withFileLock(path, () => Promise.resolve("in")), "in");
});
