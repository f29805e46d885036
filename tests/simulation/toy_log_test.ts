/**
 * The simulator earns trust: the toy log keeps its promises in every history, and each bug that is
 * planted into it is found.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Choices } from "./choices.ts";
import { tolerateDeadProcesses } from "./faults.ts";
import { shrink } from "./shrink.ts";
import { toyHistory } from "./toy_history.ts";
import type { ToyBug } from "./toy_log.ts";

const SOUND_SEEDS = 1500;
const SEED_LIMIT = 3000;

/** What a bug is expected to break; a history may find something else first. */
const BUGS: Readonly<Record<ToyBug, readonly string[]>> = {
  "no-sync": ["lost"],
  "no-directory-sync": ["lost"],
  "no-checksum": ["wrong", "phantom", "order"],
  "early-acknowledgement": ["lost"],
  "no-zero-tail": ["order", "phantom", "wrong"],
  "retry-failed-sync": ["lost"],
  "trust-cache": ["lost"],
  "blank-unsynced": ["lost"],
  "sparse-segment": ["fault"],
  "reused-buffer": ["fault", "lost", "order"],
};

tolerateDeadProcesses();

test("ToyLog keeps every promise in histories of cuts, kills and errors", async () => {
  for (let seed = 1; seed <= SOUND_SEEDS; seed++) {
    const broken = await toyHistory(new Choices(seed));
    assert.equal(broken, undefined, `seed ${seed}`);
  }
});

for (const [bug, kinds] of Object.entries(BUGS)) {
  test(`SimKernel shows what ${bug} costs`, async () => {
    const found = await firstFailure(bug as ToyBug);
    assert.ok(found !== undefined, `${SEED_LIMIT} histories without a broken promise`);
    assert.ok(kinds.includes(found.broken.split(":")[0]), `seed ${found.seed}: ${found.broken}`);
    assert.equal(await toyHistory(new Choices(found.tape), { bug: bug as ToyBug }), found.broken);
  });
}

test("shrink() makes the history of a planted bug short, and the trace tells it", async () => {
  const options = { bug: "no-sync" } as const;
  const found = await firstFailure("no-sync");
  assert.ok(found !== undefined);
  const shrunk = await shrink(found.tape, (choices) => toyHistory(choices, options));
  assert.ok(shrunk.tape.length < found.tape.length);

  const trace: string[] = [];
  assert.equal(await toyHistory(new Choices(shrunk.tape), { ...options, trace }), shrunk.broken);
  assert.ok(trace.some((line) => line.startsWith("the power is cut")));
  assert.ok(trace.some((line) => line.endsWith("is acknowledged")));
});

interface Failure {
  readonly seed: number;
  readonly broken: string;
  readonly tape: readonly number[];
}

async function firstFailure(bug: ToyBug): Promise<Failure | undefined> {
  for (let seed = 1; seed <= SEED_LIMIT; seed++) {
    const choices = new Choices(seed);
    const broken = await toyHistory(choices, { bug });
    if (broken !== undefined) return { seed, broken, tape: choices.tape };
  }
  return undefined;
}
