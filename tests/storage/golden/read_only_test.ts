/**
 * Stores that RocketMQ wrote, read where they lie: what comes back is what is right, and nothing
 * changes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../../storage/mod.ts";
import { expectedMessages, goldenGeometry, goldenNames, openGolden } from "../../support/golden.ts";
import { assertAnswers } from "../../../harness/support/golden_store.ts";
import { treeOf } from "../../../harness/support/tree.ts";

for (const name of goldenNames()) {
  test(`openStore() reads ${name} as it lies there, and changes nothing`, async () => {
    await using golden = await openGolden(name);
    const expected = expectedMessages(golden.manifest);
    const before = treeOf(golden.root);
    {
      await using store = await openStore(golden.root, { readOnly: true });
      assert.equal(store.info.role, "reader");
      await assertAnswers(store, expected);
    }
    assert.deepEqual(treeOf(golden.root), before);
  });

  test(`openStore() reads ${name} as a broker leaves it that dies`, async () => {
    await using golden = await openGolden(name);
    const expected = expectedMessages(golden.manifest);
    const { segmentByteLength } = goldenGeometry(golden.manifest);
    leaveAsDead(golden.root, expected.to, segmentByteLength);
    const before = treeOf(golden.root);
    {
      await using store = await openStore(golden.root, { readOnly: true });
      await assertAnswers(store, expected);
      assert.equal(store.info.flushedPosition, 0, "Nobody knows what the dead one had flushed");
    }
    assert.deepEqual(treeOf(golden.root), before);
  });
}

/** `abort` is there, the store checkpoint is not, and a segment is prepared behind the last one. */
function leaveAsDead(root: string, end: number, segmentByteLength: number): void {
  writeFileSync(join(root, "abort"), "4711");
  rmSync(join(root, "checkpoint"), { force: true });
  const base = Math.ceil(end / segmentByteLength) * segmentByteLength;
  const path = join(root, "commitlog", String(base).padStart(20, "0"));
  mkdirSync(join(root, "commitlog"), { recursive: true });
  writeFileSync(path, "", { flag: "a" });
  truncateSync(path, segmentByteLength);
}
