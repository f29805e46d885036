/**
 * Tests that docs/format/checkpoints.md says what the code does.
 *
 * Tests: `place.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CHECKPOINT_PROPERTIES } from "../../../storage/layout/mod.ts";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const PAGE = readFileSync(new URL("../../../docs/format/checkpoints.md", import.meta.url), "utf8");

function example(name: string): string {
  const found = new RegExp(`\`\`\`\\w+ example ${name}\n([^]*?)\n\`\`\``).exec(PAGE);
  assert.ok(found, `The page has an example ${name}`);
  return found[1];
}

test("docs/format/checkpoints.md lists every property of a checkpoint, in order", () => {
  const rows = [...PAGE.matchAll(/^\| `(SB_\w+)`/gm)].map(([, name]) => name);
  assert.deepEqual(rows, Object.values(CHECKPOINT_PROPERTIES));
});

test("docs/format/checkpoints.md shows a checkpoint as it is", async () => {
  await using temporary = await temporaryStore(STORE_HARNESSES[0]);
  const checkpoints = await openCheckpoints(temporary.store, "count");
  const state = new Map([["ham", 2]]);
  await checkpoints.save({ offsets: { "lines/0": 17 }, state });
  const [record] = await temporary.store.queue("STREAMBED_JOB_count").readBatch();
  const own = [...record.properties].filter(([name]) => name.startsWith("SB_"));

  assert.deepEqual(Object.fromEntries(own), JSON.parse(example("properties")));
  assert.equal(record.text(), example("body"));
});
