/**
 * The SIGBUS guard: what it saves a process from, and what it leaves alone. Each scene is a process
 * of its own.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { failed } from "../../ffi/mod.ts";
import { CallContext } from "../../ffi/call_context.ts";
import { SigbusGuard } from "../../ffi/sigbus_guard.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { skipUnless } from "../support/skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import type { GuardScene } from "./guard_child.ts";

const NEEDS_X86_64 = skipUnless(process.arch === "x64", "the SIGBUS guard is made for x86-64");

interface Played {
  readonly lines: readonly Record<string, unknown>[];
  readonly signal: string | null;
  readonly stderr: string;
}

async function play(scene: GuardScene, path?: string): Promise<Played> {
  await using directory = await temporaryDirectory();
  await using child = spawnScript("tests/ffi/guard_child.ts", [scene, path ?? directory.path]);
  const lines = (await child.remainingLines()).map((line) => JSON.parse(line));
  const { code, signal, stderr } = await child.wait();
  if (signal === null) assert.equal(code, 0, stderr);
  return { lines, signal, stderr };
}

test("SigbusGuard puts zeros in the place of what a mapping has lost", NEEDS_X86_64, async () => {
  const { lines, signal } = await play("zeros");
  assert.equal(signal, null);
  assert.deepEqual(lines, [
    { inside: 65, outside: 0, stored: 42, synced: 0, offThread: 0 },
    { faults: 1, stands: true },
  ]);
});

test("SigbusGuard saves compiled code in the middle of a loop", NEEDS_X86_64, async () => {
  const { lines, signal } = await play("loop");
  assert.equal(signal, null);
  assert.deepEqual(lines, [{ right: true, faults: 1 }, { right: true, faults: 1 }]);
});

test("SigbusGuard saves copies out of a mapping and into it", NEEDS_X86_64, async () => {
  const { lines, signal } = await play("copies");
  assert.equal(signal, null);
  assert.deepEqual(lines, [{ left: 8192, zeros: true }, { file: 8192, isCounted: true }]);
});

test(
  "SigbusGuard saves and counts each page of a copy from the end to the start",
  NEEDS_X86_64,
  async () => {
    const { lines, signal } = await play("backwards");
    assert.equal(signal, null);
    assert.deepEqual(lines, [{ zeroCount: 254, faults: 254 }]);
  },
);

test(
  "SigbusGuard counts for each mapping, and begins anew with the next",
  NEEDS_X86_64,
  async () => {
    const { lines, signal } = await play("neighbours");
    assert.equal(signal, null);
    assert.deepEqual(lines, [
      { ends: [65, 0, 65], faults: [0, 2, 0] },
      { again: 0, unguarded: 0 },
      { zero: 0, faults: 1 },
    ]);
  },
);

for (const scene of ["elsewhere", "unmapped", "planted"] as const) {
  const what = {
    elsewhere: "a fault in a mapping that is not guarded",
    unmapped: "a fault where a guarded mapping was before",
    planted: "a fault when its table was left empty",
  };
  test(`SigbusGuard leaves ${what[scene]} to the signal`, NEEDS_X86_64, async () => {
    const { lines, signal } = await play(scene);
    assert.equal(signal, "SIGBUS");
    assert.deepEqual(lines, scene === "unmapped" ? [] : [{ stands: true }]);
  });
}

test("SigbusGuard changes nothing about a SIGBUS that somebody sends", NEEDS_X86_64, async () => {
  const [guarded, unguarded] = await Promise.all([play("sent"), play("sent", "unguarded")]);
  assert.equal(guarded.signal, unguarded.signal);
  assert.deepEqual(guarded.lines, unguarded.lines);
});

test(
  "SigbusGuard.stands() is false once somebody else handles the signal",
  NEEDS_X86_64,
  async () => {
    assert.deepEqual((await play("displaced")).lines, [{ before: true, after: false }]);
  },
);

test("SigbusGuard of one thread passes on what another thread's knows", NEEDS_X86_64, async () => {
  const { lines, signal } = await play("threads");
  const saved = { value: 0, faults: 1, stands: true };
  const again = { after: 0, faults: 2, stands: true };
  assert.deepEqual(lines, [saved, saved, saved, again, again]);
  assert.equal(signal, "SIGBUS", "What none of them knows still ends the process");
});

test("SigbusGuard is executable and not writable", NEEDS_X86_64, async () => {
  assert.deepEqual((await play("pages")).lines, [{ added: [["r-xp"]] }]);
});

test("SigbusGuard.watch() refuses more mappings than its table holds", NEEDS_X86_64, async () => {
  const { lines } = await play("full");
  assert.deepEqual(lines, [{ code: "ENOMEM", count: 2044 }, { room: "again" }]);
});

test("SigbusGuard.install() is refused on another processor, and where nothing may be executed", () => {
  const calls = {
    getpagesize: () => 4096,
    mmap: () => 0x7000_0000_0000n,
    munmap: () => void released.push("munmap"),
    storeBytes: () => 0,
    mprotect: () => -1,
  };
  const released: string[] = [];
  const native = { calls, errno: () => 13 } as never;
  const denied = new SigbusGuard(new CallContext(native, "x86-64")).install();
  assert.ok(failed(denied));
  assert.deepEqual([denied.code, denied.syscall], ["EACCES", "mprotect"]);
  assert.deepEqual(released, ["munmap"]);
  const foreign = new SigbusGuard(new CallContext(native, "arm64")).install();
  assert.ok(failed(foreign));
  assert.equal(foreign.code, "ENOSYS");
});
