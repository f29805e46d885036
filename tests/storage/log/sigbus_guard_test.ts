/**
 * Stores under the SIGBUS guard: what is lost is noticed and never shown, and nothing is
 * acknowledged that is in no file. Each scene is a process of its own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { Errno } from "../../../ffi/mod.ts";
import { SigbusGuard } from "../../../ffi/sigbus_guard.ts";
import { openStore } from "../../../storage/mod.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { needsLeases } from "../../support/leases.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import type { GuardedScene } from "./guarded_child.ts";

const NEEDS_X86_64 = skipUnless(process.arch === "x64", "the SIGBUS guard is made for x86-64");
const NEEDS_BOTH = NEEDS_X86_64.skip === false ? await needsLeases() : NEEDS_X86_64;

const CUT = { code: "CORRUPTED", reason: "wrong-length" };
const NOTE = /^Segment "commitlog\/0{20}" was cut by another program while it was mapped/;

async function play(scene: GuardedScene): Promise<readonly Record<string, unknown>[]> {
  await using directory = await temporaryDirectory();
  const script = "tests/storage/log/guarded_child.ts";
  await using child = spawnScript(script, [scene, directory.path]);
  const lines = (await child.remainingLines()).map((line) => JSON.parse(line));
  const { code, stderr } = await child.wait();
  assert.equal(code, 0, stderr);
  return lines;
}

test(
  "openStore() reads on by pread where the guard has saved the process",
  NEEDS_X86_64,
  async () => {
    const [before, cut, behind, grown] = await play("sealed");
    assert.deepEqual(before, { count: 40, guard: "sigbus" });
    const { notes, ...seen } = cut;
    assert.deepEqual(seen, { count: CUT, guard: "sigbus" });
    const [note, ...others] = notes as string[];
    assert.match(note, NOTE);
    assert.deepEqual(others, []);
    assert.deepEqual(behind, { behind: true });
    assert.deepEqual(grown, { count: { code: "CORRUPTED", reason: "damaged-record" } });
  },
);

test("Queue.readBatch() shows no zeros of a run that was cut", NEEDS_X86_64, async () => {
  const [before, cut] = await play("run");
  assert.deepEqual(before, { count: 3 });
  const { notes, ...seen } = cut;
  assert.deepEqual(seen, { count: CUT });
  assert.match((notes as string[])[0], NOTE);
});

test("openStore() survives under guard and leases what breaks no lease", NEEDS_BOTH, async () => {
  const [before, cut, later] = await play("lease");
  assert.deepEqual(before, { count: 40, guard: "lease" });
  assert.deepEqual(cut, { count: CUT });
  assert.deepEqual(later.count, CUT);
  const [note, ...others] = later.notes as string[];
  assert.match(note, NOTE);
  assert.deepEqual(others, []);
});

test("Queue.borrowSync() lends what stays as it is under the guard", NEEDS_X86_64, async () => {
  assert.deepEqual(await play("borrow"), [{ isWhole: true, count: CUT }]);
});

test(
  "Store.append() acknowledges nothing after the guard had to lay zeros",
  NEEDS_X86_64,
  async () => {
    const lost = { code: "DURABILITY_LOST", reason: "file-shortened" };
    assert.deepEqual(await play("writer"), [lost, lost]);
    const acknowledged = { acknowledged: true };
    assert.deepEqual(
      await play("unlooked"),
      [acknowledged, acknowledged],
      "Without the look it would have been acknowledged: the file has its length again, and msync succeeds",
    );
  },
);

test(
  "Store.find() finds what was in an index file that was cut, after the next opening",
  NEEDS_X86_64,
  async () => {
    assert.deepEqual(await play("index"), [{ isMarked: true, found: 2 }]);
  },
);

test("openStore() shares one guard among the stores of a process", NEEDS_X86_64, async () => {
  assert.deepEqual(await play("two"), [
    { count: 40, notes: 0 },
    { count: CUT, notes: 1 },
    { count: 40, guard: "sigbus" },
  ]);
});

const REFUSALS = [
  [new Errno("EACCES", 13, "mprotect"), /mprotect failed with EACCES; allow this process to make/],
  [new Errno("ENOSYS", 38, "sigbus guard"), /works on x86-64 alone; open with guard: "lease"/],
] as const;

for (const [refusal, message] of REFUSALS) {
  test(`openStore() says that the guard cannot be had (${refusal.code}), and makes nothing`, async (t) => {
    await using directory = await temporaryDirectory();
    t.mock.method(SigbusGuard.prototype, "install", () => refusal);
    const path = join(directory.path, "store");
    await assert.rejects(
      openStore(path, { guard: "sigbus" }),
      (error: Error & { readonly code?: string }) => {
        assert.equal(error.code, "GUARD_UNAVAILABLE");
        assert.match(error.message, message);
        return true;
      },
    );
    assert.ok(!existsSync(path));
  });
}
