/**
 * Flat memory, descriptors and mappings: `deno task soak`, 20 seconds of it, and with each of its leaks planted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SOAK_LEAKS } from "../../crash/soak/leaks.ts";
import { runProof } from "./run_proof.ts";

test("Store holds no more and no less after 20 seconds of everything", async () => {
  const { code, text } = await runProof("soak", "--seconds", "10");
  assert.equal(code, 0, text);
});

for (const leak of SOAK_LEAKS) {
  test(`soak catches a leak of ${leak}`, async () => {
    const { code, text } = await runProof(
      "soak",
      ...["--seconds", "5", "--path", "staged", "--plant", leak],
    );
    assert.equal(code, 0, text);
  });
}
