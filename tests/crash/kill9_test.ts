/**
 * A writer killed with SIGKILL at random moments: nothing that was acknowledged is missing, nothing
 * is there twice, what is there was sent, and no half group is seen by anybody, not even by a
 * reader beside the writer.
 *
 * `STREAMBED_KILLS` sets how many kills in each write path, `STREAMBED_SEED` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { env } from "node:process";
import { test } from "node:test";
import { StoreError } from "../../storage/mod.ts";
import { killRounds } from "../../harness/crash/kill_rounds.ts";

const count = Number(env.STREAMBED_KILLS ?? 25);
/**
 * It ends with the first that is caught; on a busy machine many children die before they wrote
 * anything.
 */
const FAULTY_COUNT = 60;
const DIVIDED_COUNT = 10;
const seed = Number(env.STREAMBED_SEED ?? randomInt(2 ** 31));

for (const writePath of ["staged", "mapped"] as const) {
  test(`openStore() finds everything acknowledged after each of ${count} kills (${writePath})`, async () => {
    console.log(`STREAMBED_SEED=${seed}`);
    const result = await killRounds({ count, seed, writePath });
    assert.equal(result.killCount, count);
    assert.ok(result.acknowledgedCount > 0, "Messages were acknowledged");
    assert.ok(result.followedCount > 0, "A reader followed");
    assert.ok(result.foundCount >= result.acknowledgedCount, "More is there than acknowledged");
  });
}

test("openStore() finds everything after kills of a writer whose log is in several directories", async () => {
  const logDirectories = ["log-a", "log-b"];
  const options = { count: DIVIDED_COUNT, seed, writePath: "mapped", logDirectories } as const;
  const result = await killRounds(options);
  assert.equal(result.killCount, DIVIDED_COUNT);
  assert.ok(result.acknowledgedCount > 0, "Messages were acknowledged");
  assert.ok(result.foundCount >= result.acknowledgedCount, "More is there than acknowledged");
});

test("killRounds() catches a store that acknowledges before it commits", async () => {
  const options = { count: FAULTY_COUNT, seed, writePath: "staged", fault: "late-writes" } as const;
  await assert.rejects(
    killRounds(options),
    (error) => error instanceof assert.AssertionError || StoreError.is(error, "CORRUPTED"),
  );
});

test("killRounds() catches a group whose size word is written first", async () => {
  const options = {
    count: FAULTY_COUNT,
    seed,
    writePath: "staged",
    fault: "size-word-first",
  } as const;
  await assert.rejects(killRounds(options), /No batch is half published/);
});
