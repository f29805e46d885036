/**
 * Twenty processes race for one lock: `deno task lock-race`, small, and with its fault planted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runProof } from "./run_proof.ts";

test("openStore() has exactly one winner when 20 processes race for the lock", async () => {
  const { code, text } = await runProof("lock_race", "-n", "8", "--java", "0");
  assert.equal(code, 0, text);
  assert.match(text, /8 races of 20 processes in .*: exactly one winner in 8$/m);
});

test("races() catches a lock that refuses nobody", async () => {
  const args = ["-n", "3", "--racers", "4", "--plant", "no-lock"];
  const { code, text } = await runProof("lock_race", ...args);
  assert.equal(code, 0, text);
});
