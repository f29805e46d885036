/**
 * The real store in the simulator: it keeps every promise in histories of kills, power cuts and
 * errors, at random, at each call of a history that is written down, and in all histories that once
 * broke one.
 *
 * Histories run in a process of their own: a killed process leaves rejected promises behind, which
 * the runner of tests does not forgive. `deno task sim`, `sim:sweep` and `sim:nth` run more of
 * them.
 *
 * Tests: `whole_file.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "../../../harness/simulation/explore/simulate.ts";

const SEEDS = "1..100";

for (const writePath of ["staged", "mapped"]) {
  for (const errors of ["--errors", "--no-errors"]) {
    const faults = errors === "--errors"
      ? "kills, power cuts and failing calls"
      : "kills and power cuts";
    test(`openStoreIn() keeps every promise through ${faults} (${writePath})`, async () => {
      await holds("--seeds", SEEDS, "--path", writePath, errors);
    });
  }
  test(`openStoreIn() keeps every promise wherever a history is cut (${writePath})`, async () => {
    await holds("--sweep", "--stride", "97", "--path", writePath);
  });
  test(`openStoreIn() keeps every promise whichever call fails (${writePath})`, async () => {
    await holds("--nth", "--stride", "53", "--path", writePath);
  });
}

test("openStoreIn() keeps what was promised of a group that two processes read in turn", async () => {
  await holds("--workload", "consumers", "--seeds", "1..12");
  await holds("--workload", "claim-again", "--seeds", "1..12");
});

test("openStoreIn() keeps it wherever one of them is cut, and whichever of their calls fails", async () => {
  await holds("--sweep", "--workload", "consumers", "--stride", "251");
  await holds("--nth", "--workload", "consumers", "--stride", "199");
});

test("openStoreIn() keeps every promise while a stranger cuts segments that are mapped under leases", async () => {
  await holds("--workload", "intruder", "--seeds", "1..4");
});

test("storeHistory() breaks no promise any more in what once broke one", async () => {
  await holds("--corpus");
});

async function holds(...words: readonly string[]): Promise<void> {
  const { status, output } = await simulate([...words, "--no-shrink"]);
  assert.equal(status, 0, output);
  assert.match(
    output,
    /^[1-9]\d* faults: /m,
    "a run that injects nothing passes for the wrong reason",
  );
}
