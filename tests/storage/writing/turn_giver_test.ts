/**
 * Awaiting one append after the other does not keep the rest of the process waiting.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../../mod.ts";
import { temporaryDirectory } from "../../support/temp_dir.ts";

for (const writePath of ["staged", "mapped"] as const) {
  test(`Store.appendAll() awaited again and again lets timers run, ${writePath}`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(`${directory.path}/s`, {
      writePath,
      durability: "committed",
      segmentByteLength: 64 * 1024 * 1024,
    });
    const batch = Array.from({ length: 16 }, () => ({ topic: "T", body: new Uint8Array(16_000) }));
    // The first append waits for the first segment, which is a turn too.
    await store.appendAll(batch);
    let isTimerRun = false;
    setTimeout(() => isTimerRun = true, 0);
    let appended = 0;
    while (!isTimerRun && appended < 40_000_000) {
      await store.appendAll(batch);
      appended += 16 * 16_000;
    }
    assert.ok(isTimerRun, `No timer has run during ${appended} bytes`);
  });
}

test("Store.append() awaited again and again lets timers run", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(`${directory.path}/s`, {
    durability: "committed",
    segmentByteLength: 64 * 1024 * 1024,
  });
  const message = { topic: "T", body: new Uint8Array(64_000) };
  await store.append(message);
  let isTimerRun = false;
  setTimeout(() => isTimerRun = true, 0);
  let appended = 0;
  while (!isTimerRun && appended < 40_000_000) {
    await store.append(message);
    appended += 64_000;
  }
  assert.ok(isTimerRun, `No timer has run during ${appended} bytes`);
});
