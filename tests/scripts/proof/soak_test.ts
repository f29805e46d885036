/**
 * Flat memory, descriptors and mappings: `deno task soak`, some rounds of it, and with each of its
 * leaks planted. Rounds are counted, so the verdict is the same on a busy machine.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SOAK_LEAKS } from "../../../harness/crash/soak/leaks.ts";
import { runProof } from "./run_proof.ts";

test("Store holds no more and no less after many rounds of everything", async () => {
  const { code, text } = await runProof("soak", "--rounds", "90");
  assert.equal(code, 0, text);
});

for (const leak of SOAK_LEAKS) {
  test(`soak catches a leak of ${leak}`, async () => {
    const { code, text } = await runProof(
      "soak",
      ...["--rounds", "90", "--path", "staged", "--plant", leak],
    );
    assert.equal(code, 0, text);
  });
}
