/**
 * The library where it cannot work: it can be imported, and says what is wrong when it is used.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { spawnScript } from "../../harness/support/child.ts";
import { RUNTIME } from "../../harness/support/runtime.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const CHILD = "tests/ffi/elsewhere_child.ts";
const TITLES = { deno: "Deno", node: "Node.js", bun: "Bun" } as const;

const ONLY_LINUX = "only Linux is supported; run it there";
const ONLY_TWO = "only x86-64 and arm64 are supported; run it on one of them";

/** Windows as Deno calls it, and as the others do. */
const PLACES: readonly (readonly [os: string, arch: string, reason: string])[] = [
  ["darwin", "arm64", ONLY_LINUX],
  ["windows", "x86_64", ONLY_LINUX],
  ["win32", "x64", ONLY_LINUX],
  ["linux", "riscv64", ONLY_TWO],
];

for (const [os, arch, reason] of PLACES) {
  test(`openStore() on ${os} ${arch} throws UNSUPPORTED_PLATFORM, and importing it nothing`, async () => {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/store`;
    await using child = spawnScript(CHILD, [os, arch, path]);
    assert.deepEqual(await child.remainingLines(), [
      "imported function",
      `StoreError: Cannot load libc on ${os} ${arch} with ${TITLES[RUNTIME]}: ${reason}`,
    ]);
    assert.deepEqual(await child.wait(), { code: 0, signal: null, stderr: "" });
    assert.equal(existsSync(path), false);
  });
}
