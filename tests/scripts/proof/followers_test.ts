/**
 * Four readers beside a writer that rolls and deletes: `deno task followers`, small, and with its
 * fault planted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runProof } from "./run_proof.ts";

test("Queue.read() follows a writer that rolls and deletes, in four processes", async () => {
  const { code, text } = await runProof("followers", "-n", "60");
  assert.equal(code, 0, text);
  assert.match(text, /^60 segments filled in .*: [1-9]\d* messages written, [1-9]\d* read/m);
});

test("followRounds() catches a writer that announces what it has not written", async () => {
  const { code, text } = await runProof("followers", "-n", "40", "--plant", "late-writes");
  assert.equal(code, 0, text);
});
