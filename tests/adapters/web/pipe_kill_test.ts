/**
 * A pipe that is killed goes on exactly where the log ends: what is in the log is a prefix of what was
 * piped, each once.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { spawnScript } from "../../support/child.ts";
import { seededRandom } from "../../support/random.ts";
import { temporaryDirectory } from "../../support/temp_dir.ts";
import { readTexts, STORE_HARNESSES } from "../../support/test_store.ts";

const COUNT = 20_000;
const KILL_COUNT = 4;

for (const harness of STORE_HARNESSES) {
  test(`sink() loses nothing and writes nothing twice when its process is killed (${harness.label})`, async () => {
    await using directory = await temporaryDirectory();
    const random = seededRandom(Date.now());
    const note = `seed ${random.seed}`;
    for (let kill = 0; kill < KILL_COUNT; kill++) {
      await pipeAndKill(directory.path, harness.label, 1 + random.next(40));
      const store = await harness.open(directory.path, { readOnly: true });
      const texts = await readTexts(store, "orders");
      await store.close();
      assert.deepEqual(texts, numbers(texts.length), note);
    }
    await using child = spawnScript(CHILD, [directory.path, harness.label, `${COUNT}`]);
    assert.deepEqual((await child.wait()).code, 0, note);
    const store = await harness.open(directory.path, { readOnly: true });
    assert.deepEqual(await readTexts(store, "orders"), numbers(COUNT), note);
    await store.close();
  });
}

const CHILD = "tests/adapters/web/pipe_child.ts";

/** Kills the pipe after it has said so many things; it goes on for a moment that nobody chooses. */
async function pipeAndKill(path: string, writePath: string, lineCount: number): Promise<void> {
  await using child = spawnScript(CHILD, [path, writePath, `${COUNT}`]);
  for (let line = 0; line < lineCount; line++) {
    if (await child.nextLine() === undefined) break;
  }
  child.kill();
  await child.wait();
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${number}`);
}
