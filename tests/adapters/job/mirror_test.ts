/**
 * The progress of a job in the store that it reads, where that is another one than its own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { job, openStore, type Store } from "../../../mod.ts";
import { Errno, loadLibc } from "../../../ffi/mod.ts";
import { openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const SMALL = { geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 } };

function counting(source: Store, store: Store): Promise<{ readonly state: number }> {
  return job({
    name: "counter",
    source: { store: source, topic: "in" },
    store,
    initialState: () => 0,
    process: (_message, { state }) => state + 1,
    follow: false,
  });
}

test("job() is a group of the store that it reads, which another process writes", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "log");
  await using log = await openStore(path, SMALL);
  await using own = await openStore(join(directory.path, "own"), SMALL);
  await log.appendAll(["a", "b", "c"].map((body) => ({ topic: "in", body })));
  await using reader = await openStore(path, { readOnly: true });
  assert.equal((await counting(reader, own)).state, 3);
  const place = { topic: "in", queueId: 0, offset: 3, lagCount: 0, claimedBy: undefined };
  assert.deepEqual(log.groups(), [{ group: "STREAMBED_JOB_counter", ...place }]);
});

test("job() reads a store where it cannot write, without telling it", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "log");
  {
    await using log = await openStore(path, SMALL);
    await log.append({ topic: "in", body: "a" });
  }
  await using own = await openStore(join(directory.path, "own"), SMALL);
  const libc = await loadLibc();
  const readOnly = overrideLibc(libc, {
    openat2: (folder, name, how) =>
      (how.flags & libc.constants.O_RDWR) !== 0
        ? new Errno("EROFS", 30, "openat2")
        : libc.openat2(folder, name, how),
  });
  const options = { ...SMALL, readOnly: true };
  await using reader = await openStoreIn(systemEnvironment(readOnly), path, options);
  assert.equal((await counting(reader, own)).state, 1);
  assert.deepEqual(reader.groups(), []);
});
