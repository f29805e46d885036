/**
 * A pipe that is killed goes on exactly where the log ends: what is in the log is a prefix of what
 * was piped, each once, and nothing is missing that was told to be written.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { spawnScript } from "../../harness/support/child.ts";
import { seededRandom } from "../../harness/support/random.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { readTexts, STORE_HARNESSES } from "../support/test_store.ts";

const COUNT = 20_000;
const KILL_COUNT = 4;

/**
 * Registers the tests.
 *
 * @param name What kind of streams, in a word.
 * @param script A script that takes a directory, a write path and a count, and pipes the numbers
 * below the count from where the log ends. It prints a line from time to time; `written N` promises
 * that N survives it.
 */
export function testKilledPipe(name: string, script: string): void {
  for (const harness of STORE_HARNESSES) {
    test(`sink() loses nothing and writes nothing twice when its process is killed (${name}, ${harness.label})`, async () => {
      await using directory = await temporaryDirectory();
      const random = seededRandom(Date.now());
      const note = `seed ${random.seed}`;
      const args = [directory.path, harness.label, `${COUNT}`];
      for (let kill = 0; kill < KILL_COUNT; kill++) {
        const writtenCount = await pipeAndKill(script, args, 1 + random.next(40));
        const store = await harness.open(directory.path, { readOnly: true });
        const texts = await readTexts(store, "orders");
        await store.close();
        assert.deepEqual(texts, numbers(texts.length), note);
        assert.ok(texts.length >= writtenCount, `${note}: ${texts.length} of ${writtenCount}`);
      }
      await using child = spawnScript(script, args);
      assert.deepEqual((await child.wait()).code, 0, note);
      const store = await harness.open(directory.path, { readOnly: true });
      assert.deepEqual(await readTexts(store, "orders"), numbers(COUNT), note);
      await store.close();
    });
  }
}

/**
 * Kills the pipe after it has said so many things; it goes on for a moment that nobody chooses.
 * Gives how many it wrote.
 */
async function pipeAndKill(
  script: string,
  args: readonly string[],
  lineCount: number,
): Promise<number> {
  await using child = spawnScript(script, args);
  const lines: string[] = [];
  for (let line = await child.nextLine(); line !== undefined; line = await child.nextLine()) {
    if (lines.push(line) === lineCount) break;
  }
  child.kill();
  await child.wait();
  lines.push(...await child.remainingLines());
  const last = lines.findLast((line) => line.startsWith("written "));
  return last === undefined ? 0 : Number(last.slice("written ".length)) + 1;
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${number}`);
}
