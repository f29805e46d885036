/**
 * A job that is killed at random moments counts every message exactly once: outputs, positions and
 * state are one step.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { test } from "node:test";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { seededRandom } from "../../../harness/support/random.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import {
  readTexts,
  STORE_HARNESSES,
  type StoreHarness,
  temporaryStore,
} from "../../support/test_store.ts";
import type { JobState } from "./job_child.ts";

const COUNT = 2000;
const KILL_COUNT = 6;
/** Longest time that a job goes on after it was decided to kill it: some steps of saving. */
const KILL_DELAY_MS = 8;
const CHILD = "tests/adapters/job/job_child.ts";

for (const harness of STORE_HARNESSES) {
  test(`job() counts every message once when its process is killed (${harness.label})`, async () => {
    await using log = await temporaryStore(harness);
    await using results = await temporaryDirectory();
    const random = seededRandom(Date.now());
    await log.store.appendAll(
      numbers().map((body) => ({ topic: "lines", queueId: Number(body) % 3, body })),
    );
    const args = [log.path, results.path, harness.label, `${COUNT}`];
    for (let kill = 0; kill < KILL_COUNT; kill++) {
      await runAndKill(args, 1 + random.next(25), random.fraction() * KILL_DELAY_MS);
      await checkResults(harness, results.path, `seed ${random.seed}, kill ${kill}`);
    }
    await using child = spawnScript(CHILD, args);
    const { code, stderr } = await child.wait();
    assert.equal(code, 0, stderr);

    const count = await checkResults(harness, results.path, `seed ${random.seed}`);
    assert.equal(count, COUNT);
  });
}

function numbers(): string[] {
  return Array.from({ length: COUNT }, (_, number) => `${number}`);
}

async function runAndKill(args: string[], lineCount: number, delayMs: number): Promise<void> {
  await using child = spawnScript(CHILD, args);
  for (let line = 0; line < lineCount; line++) {
    if (await child.nextLine() === undefined) break;
  }
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  child.kill();
  await child.wait();
}

/**
 * State and outputs say the same: the first so many messages, each once. Gives how many. Looks at a
 * copy, so that it is the next job that recovers the store.
 */
async function checkResults(harness: StoreHarness, path: string, note: string): Promise<number> {
  await using copy = await temporaryDirectory();
  await cp(path, copy.path, { recursive: true });
  const store = await harness.open(copy.path);
  try {
    const seen = [...await readTexts(store, "seen", 0), ...await readTexts(store, "seen", 1)];
    const latest = await (await openCheckpoints<JobState>(store, "sum")).newest();
    const { count, sum } = latest?.state ?? { count: 0, sum: 0 };
    const sorted = seen.map(Number).sort((a, b) => a - b);
    assert.deepEqual(sorted, Array.from({ length: count }, (_, number) => number), note);
    assert.equal(sum, (count * count - count) / 2, note);
    const positions = Object.values(latest?.offsets ?? {}).map(Number);
    assert.equal(positions.reduce((all, one) => all + one, 0), count, note);
    return count;
  } finally {
    await store.close();
  }
}
