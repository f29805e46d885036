/**
 * `examples/two-processes`: a consumer that is killed beside a writer goes on, and misses nothing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { ScriptChild } from "../../harness/support/child.ts";
import { openStore } from "../../mod.ts";
import { ended, type Example } from "./stage.ts";

/** Plays the scene. */
export async function twoProcesses(example: Example): Promise<void> {
  await using writer = example.start("writer.ts");
  assert.equal(await writer.nextLine(), "order 1 is on the disk");
  const billed: number[] = [];
  {
    await using consumer = example.start("consumer.ts");
    for (let count = 0; count < 2; count++) billed.push(await nextBilled(consumer));
    billed.push(...(await consumer.killed()).map(numberOf));
  }
  assert.deepEqual(billed, billed.map((_, at) => at + 1), "each in its order");

  await using consumer = example.start("consumer.ts");
  const again = await nextBilled(consumer);
  assert.ok(again <= billed.length + 1, `order ${again} comes after ${billed.length}`);
  billed.push(again, await nextBilled(consumer));
  const written = 1 + (await ended(writer)).length;
  while (billed.at(-1)! < written) billed.push(await nextBilled(consumer));
  assert.deepEqual(await ended(consumer), []);

  const orders = Array.from({ length: written }, (_, at) => at + 1);
  assert.deepEqual([...new Set(billed)], orders);
  await using store = await openStore(join(example.directory, "data"));
  assert.equal(store.queue("orders").endOffset, written);
  const [{ group, offset, lagCount }] = store.groups();
  assert.deepEqual({ group, offset, lagCount }, { group: "billing", offset: written, lagCount: 0 });
}

async function nextBilled(consumer: ScriptChild): Promise<number> {
  return numberOf(await consumer.nextLine() ?? (await consumer.wait()).stderr);
}

function numberOf(line: string): number {
  const found = /^billing: order (\d+), \{"number":\1\}$/.exec(line);
  assert.ok(found, line);
  return Number(found[1]);
}
