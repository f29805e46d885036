/**
 * What a broker leaves behind its own cut: a torn record, and the queue entry that leads to it, in
 * a store that is closed in order. That is no damage.
 *
 * Tests: `log/lost_end.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../ffi/mod.ts";
import { openStore, systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import { javaHarness, javaRead } from "../../harness/interop/java_harness.ts";
import { expectedMessages, openGolden } from "../support/golden.ts";
import { skipUnless } from "../support/skip.ts";
import { LONG_TEST_RELEASES } from "./releases.ts";

const environment = systemEnvironment(await loadLibc());

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);
  test(
    `openStore() opens what RocketMQ ${version} has closed after it recovered from a crash`,
    { ...skipUnless(java.available, java.reason) },
    async () => {
      await using golden = await openGolden(`tornhead-${version}`);
      const { root, manifest } = golden;
      const { to } = expectedMessages(manifest);
      await javaRead(version, root);
      assert.ok(!existsSync(join(root, "abort")), "It was closed in order");
      const { verdict, findings } = await verifyStore(environment, root);
      assert.equal(verdict, "torn", JSON.stringify(findings));
      const isAhead = findings.some(({ text }) => text.includes("goes beyond the end of the log"));
      assert.ok(isAhead, "The entry is still there");
      for (const readOnly of [true, false]) {
        await using store = await openStore(root, { readOnly });
        assert.equal(store.info.committedPosition, to);
      }
    },
  );
}
