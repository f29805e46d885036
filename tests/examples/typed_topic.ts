/**
 * `examples/typed-topic`: what it prints, and what is stored.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openStore } from "../../mod.ts";
import type { Example } from "./stage.ts";

/** Plays the scene. */
export async function typedTopic(example: Example): Promise<void> {
  assert.deepEqual(await example.run("main.ts"), example.page.printed);
  await using store = await openStore(join(example.directory, "data"));
  const stored = await store.queue("orders").readBatch();
  assert.deepEqual(stored.map((order) => order.json()), [
    { id: "4", cents: 1200, at: "2026-11-29T12:00:00Z" },
    { id: "5", cents: 350, at: "2026-11-30T09:30:00Z" },
    { id: 7 },
  ]);
}
