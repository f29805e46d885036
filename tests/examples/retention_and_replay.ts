/**
 * `examples/retention-and-replay`: what it prints, and what is left on the disk.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "../../mod.ts";
import type { Example } from "./stage.ts";

const SEGMENT_LENGTH = 64 * 1024;

/** Plays the scene. */
export async function retentionAndReplay(example: Example): Promise<void> {
  assert.deepEqual(await example.run("main.ts"), example.page.printed);
  const path = join(example.directory, "data");
  const [oldest] = (await readdir(join(path, "commitlog"))).sort();
  assert.equal(Number(oldest), 5 * SEGMENT_LENGTH, "five segments are gone");
  await using store = await openStore(path);
  const { earliestOffset, endOffset } = store.queue("readings");
  assert.deepEqual([earliestOffset, endOffset], [285, 406]);
  assert.deepEqual(store.groups().map(({ offset }) => offset), [406]);
}
