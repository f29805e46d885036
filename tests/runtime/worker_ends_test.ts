/**
 * A Worker that ends, however it ends, leaves neither the lock nor a descriptor behind, and nothing
 * that was acknowledged is lost.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { spawnScript } from "../../harness/support/child.ts";
import { RUNTIME } from "../../harness/support/runtime.ts";
import { skipUnless } from "../support/skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const CHILD = "tests/runtime/worker_ends_child.ts";
/** Of each acknowledged message that a Worker writes. */
const COUNT = 101;

test("openStore() goes on after a Worker of node:worker_threads, however that ended", async () => {
  await assertEnds("thread", ["return", "throw", "reject", "exit", "terminate"]);
});

const hasWorkers = RUNTIME !== "node";
test(
  "openStore() goes on after a Web Worker, however that ended",
  skipUnless(hasWorkers, "Node has no Web Workers"),
  async () => {
    const close = RUNTIME === "deno" ? ["close", "close"] : [];
    await assertEnds("web", ["throw", "reject", "exit", "terminate", ...close, "terminate"]);
  },
);

async function assertEnds(kind: string, ways: readonly string[]): Promise<void> {
  await using directory = await temporaryDirectory();
  await using child = spawnScript(CHILD, [directory.path, kind, ...ways]);
  const lines = await child.remainingLines();
  const { code, signal, stderr } = await child.wait();
  const expected = ways.flatMap((way, index) => {
    const count = COUNT * (index + 1);
    // Bun closes nothing of a Worker that was terminated: there the next opening does, in the same
    // process.
    const isHeld = way === "terminate" && RUNTIME === "bun";
    const held = kind === "thread" ? [`held ${isHeld ? join(directory.path, "lock") : ""}`] : [];
    return [...held, `${way} ${count} ${count}`, "left "];
  });
  assert.deepEqual({ lines, code, signal }, { lines: expected, code: 0, signal: null }, stderr);
}
