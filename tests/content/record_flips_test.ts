/**
 * Why the whole-record checksum is written on every record.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openGolden } from "../support/golden.ts";
import { flipRecords } from "./record_flips.ts";
import { buildScene } from "../../harness/content/scenes.ts";

const FIRST = "commitlog/00000000000000000000";

test("checkRecord() accepts no wrong byte of a record of ours", async () => {
  const { content } = await buildScene("closed");
  const { records, flips, accepted } = flipRecords(content.get(FIRST)!, "required", 4);
  assert.equal(records, 4);
  assert.ok(flips > 100_000);
  assert.equal(accepted, 0);
});

test("checkRecord() accepts many wrong bytes of a record of RocketMQ's, which has a checksum of the body alone", async () => {
  await using golden = await openGolden("basic-5.3.3");
  const log = new Uint8Array(readFileSync(join(golden.root, FIRST)));
  const { flips, accepted } = flipRecords(log, "optional", 4);
  assert.ok(accepted / flips > 0.1, `${accepted} of ${flips}`);
  assert.ok(accepted / flips < 0.6, `${accepted} of ${flips}`);
});
