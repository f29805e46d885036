/**
 * `examples/retry-and-dead-letter`: what it prints, and what is left in the store.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { listDeadLetters } from "../../adapters/consume/mod.ts";
import { openStore } from "../../mod.ts";
import type { Example } from "./stage.ts";

/** Plays the scene. */
export async function retryAndDeadLetter(example: Example): Promise<void> {
  assert.deepEqual(await example.run("main.ts"), example.page.printed);
  await using store = await openStore(join(example.directory, "data"));
  assert.equal(store.queue("%DLQ%mailer").endOffset, 1, "one copy when it is given up");
  assert.deepEqual(await Array.fromAsync(listDeadLetters(store)), [], "and none is left");
  assert.deepEqual(store.groups().map(({ lagCount }) => lagCount), [0, 0]);
}
