/**
 * Of a store that RocketMQ wrote only the log is needed: all that it derived from it may go.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStore, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { expectedMessages, goldenNames, openGolden, settleDelays } from "../../support/golden.ts";
import { assertAnswers } from "../../../harness/support/golden_store.ts";

const environment = systemEnvironment(await loadLibc());

/** All that is not the log. */
const OTHERS = [
  ...["consumequeue", "batchconsumequeue", "consumequeue_ext", "index", "checkpoint"],
  ...["config", "abort", "lock"],
];

for (const name of goldenNames()) {
  test(`openStore() answers the same for ${name} when everything but the log is gone`, async () => {
    await using golden = await openGolden(name);
    const { root } = golden;
    const expected = expectedMessages(golden.manifest);
    for (const name of OTHERS) rmSync(join(root, name), { recursive: true, force: true });
    settleDelays(golden);
    {
      await using reader = await openStore(root, { readOnly: true });
      await assertAnswers(reader, expected);
    }
    {
      await using writer = await openStore(root);
      await assertAnswers(writer, expected);
    }
    const report = await verifyStore(environment, root);
    assert.deepEqual(report.findings, []);
    await using reader = await openStore(root, { readOnly: true });
    await assertAnswers(reader, expected);
  });
}
