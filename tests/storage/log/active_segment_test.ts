/**
 * What is asked of the kernel about the segment that is written, and what is not.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStoreIn, type OpenStoreOptions, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const SEGMENT = 16 * 1024 * 1024;
const OPTIONS = {
  writePath: "mapped",
  durability: "committed",
  geometry: { segmentByteLength: SEGMENT },
} as const;

/**
 * What was asked of the kernel until the first message was appended: bytes made present, bytes
 * kept.
 */
async function asked(options: OpenStoreOptions): Promise<{ present: number; kept: number }> {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  let present = 0;
  let kept = 0;
  const watched = overrideLibc(libc, {
    madviseAsync(mapping, from, byteLength, advice) {
      if (advice === libc.constants.MADV_POPULATE_WRITE) present += byteLength;
      return libc.madviseAsync(mapping, from, byteLength, advice);
    },
    mlock(_mapping, _from, byteLength) {
      kept += byteLength;
      return 0;
    },
  });
  const environment = systemEnvironment(watched);
  await using store = await openStoreIn(environment, directory.path, { ...OPTIONS, ...options });
  await store.append({ topic: "t", body: "x" });
  return { present, kept };
}

test("warmUp has the whole segment present before it is used, and lockMemory keeps it", async () => {
  const plain = await asked({});
  assert.ok(plain.present < SEGMENT, "Without it only what is needed soon");
  assert.equal(plain.kept, 0);
  const warm = await asked({ tuning: { warmUp: true } });
  assert.ok(warm.present >= SEGMENT, `${warm.present} bytes are present`);
  assert.equal(warm.kept, 0);
  const locked = await asked({ tuning: { lockMemory: true } });
  assert.ok(locked.kept >= SEGMENT, `${locked.kept} bytes are kept`);
});

for (const writePath of ["staged", "mapped"] as const) {
  test(`Store.append() looks at its segment without asking for times (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const libc = await loadLibc();
    const asked: (boolean | undefined)[] = [];
    const watched = overrideLibc(libc, {
      statx(folder, name, how) {
        if (name === "0".repeat(20)) asked.push(how?.times);
        return libc.statx(folder, name, how);
      },
    });
    const options = { ...OPTIONS, writePath };
    await using store = await openStoreIn(systemEnvironment(watched), directory.path, options);
    await store.append({ topic: "t", body: "1" });
    asked.length = 0;
    await store.append({ topic: "t", body: "2" });
    await store.append({ topic: "t", body: "3" }, { durability: "flushed" });
    assert.ok(asked.length >= 3);
    assert.deepEqual(new Set(asked), new Set([false]));
  });
}
