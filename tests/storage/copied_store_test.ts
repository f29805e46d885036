/**
 * A store where the runtime gives no views over memory: it writes the same bytes and gives the same
 * answers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadLibc, withoutViews } from "../../ffi/mod.ts";
import { openStoreIn, systemEnvironment } from "../../storage/mod.ts";
import { allAnswers, appendSample, SAMPLE_OPTIONS } from "../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const libc = await loadLibc();
const VIEWED = systemEnvironment(libc);
const COPIED = systemEnvironment(withoutViews(libc));

for (const writePath of ["staged", "mapped"] as const) {
  for (
    const [name, writing, reading] of [
      ["copies what views wrote", VIEWED, COPIED],
      ["writes by copies what views read", COPIED, VIEWED],
    ] as const
  ) {
    test(`openStoreIn() ${name} (${writePath})`, async () => {
      await using dir = await temporaryDirectory();
      let written: string;
      {
        await using store = await openStoreIn(writing, dir.path, { ...SAMPLE_OPTIONS, writePath });
        await appendSample(store);
        written = await allAnswers(store);
      }
      for (const readOnly of [true, false]) {
        await using store = await openStoreIn(reading, dir.path, { readOnly, writePath });
        assert.equal(await allAnswers(store), written);
      }
    });
  }
}

test("Queue.borrowSync() lends copies that have length 0 afterwards, where there are no views", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openStoreIn(COPIED, dir.path, SAMPLE_OPTIONS);
  await appendSample(store);
  const kept: Uint8Array[] = [];
  store.queue("Orders", 0).borrowSync({}, (record) => {
    assert.ok(record.length > 50);
    kept.push(record);
  });
  assert.ok(kept.length > 10);
  for (const record of kept) assert.equal(record.length, 0);
});
