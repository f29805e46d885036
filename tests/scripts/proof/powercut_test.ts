/**
 * Power cuts on a real file system: `deno task powercut`, small, and with its faults planted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoPowerCuts } from "../../../harness/support/cut_disk.ts";
import { skipUnless } from "../../support/skip.ts";
import { runProof } from "./run_proof.ts";

const why = await whyNoPowerCuts();
const powered = skipUnless(why === undefined, why ?? "");

test("openStore() finds everything acknowledged after each of 24 power cuts", powered, async () => {
  const { code, text } = await runProof("powercut", "-n", "12");
  assert.equal(code, 0, text);
  for (const writePath of ["staged", "mapped"]) {
    assert.match(text, new RegExp(`${writePath}: 12 power cuts in .*: 0 acknowledged lost`));
  }
  assert.match(text, /power-cut, another mount \d/, "Recovery sees that the page cache is another");
});

for (const writePath of ["staged", "mapped"]) {
  test(`powerRounds() catches a log that is not synced (${writePath})`, powered, async () => {
    const args = ["-n", "6", "--path", writePath, "--plant", "no-sync"];
    const { text } = await runProof("powercut", ...args);
    // An early write-back may just have saved what was acknowledged; nine out of ten are caught.
    const caught = Number(/6 power cuts in .*: (\d) caught/.exec(text)?.[1]);
    assert.ok(caught >= 3, text);
  });
}
