/**
 * The end of the disk at whatever a store grows: `deno task full-disk`, small, and with its faults
 * planted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoPowerCuts } from "../../../harness/support/cut_disk.ts";
import { skipUnless } from "../../support/skip.ts";
import { DISK_FAULTS, GROWTH_STEPS } from "../../../harness/crash/full_disk/observer.ts";
import { runProof } from "./run_proof.ts";

const why = await whyNoPowerCuts();
const mounts = skipUnless(why === undefined, why ?? "");

test(
  "Store gives DISK_FULL wherever the disk ends, and goes on once there is room",
  mounts,
  async () => {
    const { code, text } = await runProof("full_disk", "--steps", "12");
    assert.equal(code, 0, text);
    const steps = GROWTH_STEPS.filter((step) => text.includes(`${step} `));
    assert.ok(steps.length >= 6, `only ${steps.join(", ")} met the end of the disk`);
  },
);

for (const fault of DISK_FAULTS) {
  test(`liveOnFullDisk() catches ${fault}`, mounts, async () => {
    const { code, text } = await runProof("full_disk", "--steps", "66", "--plant", fault);
    assert.equal(code, 0, text);
  });
}
