/**
 * A folder is durable in its parent once `ensureFolder()` has said so, whatever failed before.
 *
 * Tests: `store_directory.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Descriptor, Errno, type Libc, loadLibc, type Outcome } from "../../../ffi/mod.ts";
import { openRoot } from "../../../storage/directory/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

/** A libc that counts syncs, and fails the next call of one kind once. */
function failingOnce(libc: Libc, failing: { call?: "fsync" | "fstat" }, synced: { count: number }) {
  return overrideLibc(libc, {
    fstat: (descriptor: Descriptor) => take("fstat") ?? libc.fstat(descriptor),
    fsync: (descriptor: Descriptor): Outcome => {
      const failure = take("fsync");
      if (failure === undefined) synced.count++;
      return failure ?? libc.fsync(descriptor);
    },
  });

  function take(call: "fsync" | "fstat"): Errno | undefined {
    if (failing.call !== call) return undefined;
    failing.call = undefined;
    return new Errno("EIO", 5, call);
  }
}

for (const call of ["fstat", "fsync"] as const) {
  test(`StoreDirectory.ensureFolder() syncs the parent after a failed ${call}`, async () => {
    await using temporary = await temporaryDirectory("streambed-folder-");
    const failing: { call?: "fsync" | "fstat" } = {};
    const synced = { count: 0 };
    const libc = failingOnce(await loadLibc(), failing, synced);
    const directory = openRoot(libc, temporary.path, { write: true });
    try {
      failing.call = call;
      assert.throws(() => directory.ensureFolder("config"), { code: "SYSTEM" });
      assert.notEqual(directory.status("config"), undefined, "it was made");
      const before = synced.count;
      directory.ensureFolder("config");
      assert.equal(synced.count, before + 1);
      directory.ensureFolder("config");
      assert.equal(synced.count, before + 1, "once is enough");
    } finally {
      directory.close();
    }
  });
}
