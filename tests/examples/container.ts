/**
 * `examples/container`: told to end it closes its store; killed and started again it goes on.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "../../mod.ts";
import { ROOT } from "../support/examples.ts";
import { ended, type Example } from "./stage.ts";

/** Plays the scene. */
export async function container(example: Example): Promise<void> {
  const [first, tick, closed] = example.page.printed;
  const image = await readFile(join(ROOT, "examples/container/Dockerfile"), "utf8");
  const program = example.page.nodeCommands[0].replace("data", "/data").split(" ");
  assert.deepEqual(JSON.parse(/^CMD (.+)$/m.exec(image)?.[1] ?? ""), ["node", ...program]);

  {
    await using child = example.start("main.ts");
    for (const line of [first, tick]) await child.expectLine(line);
    await child.killed();
  }
  await using child = example.start("main.ts");
  await child.expectLine(first.replace("0", "1"));
  await child.expectLine(tick.replace("1", "2"));
  assert.deepEqual(await ended(child), [closed]);
  await using store = await openStore(join(example.directory, "data"));
  assert.equal(store.queue("ticks").endOffset, 2);
}
