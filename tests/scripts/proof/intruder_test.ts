/**
 * A RocketMQ store on the directory of a live writer: `deno task intruder`, small, and with its
 * faults planted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { INTRUDER_FAULTS, type IntruderFault } from "../../../harness/interop/intruder_faults.ts";
import { javaHarness } from "../../../harness/interop/java_harness.ts";
import { skipUnless } from "../../support/skip.ts";
import { runProof } from "./run_proof.ts";

const java = await javaHarness("5.3.3");
const options = skipUnless(java.available, java.available ? "" : java.reason);

test(
  "Store.append() loses nothing while a RocketMQ store starts on the directory",
  options,
  async () => {
    const { code, text } = await runProof("intruder", "-n", "2");
    assert.equal(code, 0, text);
    for (const writePath of ["staged", "mapped"]) {
      assert.match(
        text,
        new RegExp(`${writePath}: .* refused 2 times; [1-9]\\d* messages .* 0 lost`),
      );
    }
  },
);

/** What tells of each fault. */
const TOLD: Readonly<Record<IntruderFault, string>> = {
  "no-lock": "Missing expected rejection",
  "blind": "index/\\d+ was removed, and no note says so",
};

for (const fault of INTRUDER_FAULTS) {
  test(`intruderRounds() catches the planted fault ${fault}`, options, async () => {
    const args = ["-n", "2", "--path", "staged", "--plant", fault];
    const { code, text } = await runProof("intruder", ...args);
    assert.equal(code, 0, text);
    assert.match(text, new RegExp(`^staged: planted ${fault}: caught: ${TOLD[fault]}`, "m"));
  });
}
