/**
 * The real store in the simulator: it keeps every promise in histories of kills, power cuts and errors, and each bug that is planted
 * under it is found.
 *
 * Histories run in a process of their own: a killed process leaves rejected promises behind, which the runner of tests does not
 * forgive. `deno task sim` runs more of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { execPath } from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { StoreBug } from "./store_bugs.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/sim.ts", import.meta.url));
const SOUND_SEEDS = "1..120";

/** What a bug breaks, and the histories among which one must find it. */
interface PlantedBug {
  readonly kinds: readonly string[];
  readonly seeds: string;
}

const BUGS: Readonly<Record<StoreBug, PlantedBug>> = {
  "no-segment-sync": { kinds: ["lost"], seeds: "1..100" },
  "no-directory-sync": { kinds: ["lost", "verify"], seeds: "1..100" },
  "no-zero-tail": { kinds: ["verify", "revived"], seeds: "1..300" },
  "early-flush": { kinds: ["lost", "fault"], seeds: "1..200" },
  "mark-ahead": { kinds: ["unusable"], seeds: "1..100" },
};

for (const writePath of ["staged", "mapped"]) {
  for (const errors of [false, true]) {
    const faults = errors ? "kills, power cuts and failing calls" : "kills and power cuts";
    test(`openStoreIn() keeps every promise through ${faults} (${writePath})`, () => {
      const { status, output } = simulate(
        "--seeds",
        SOUND_SEEDS,
        "--path",
        writePath,
        flag(errors),
      );
      assert.equal(status, 0, output);
    });
  }
}

for (const [bug, { kinds, seeds }] of Object.entries(BUGS)) {
  test(`storeHistory() finds ${bug} under the store`, () => {
    const { status, output } = simulate("--seeds", seeds, "--bug", bug);
    assert.equal(status, 1, output);
    const kind = /^seed \d+: (\w+):/m.exec(output)?.[1];
    assert.ok(kinds.includes(String(kind)), output);
  });
}

function flag(errors: boolean): string {
  return errors ? "--errors" : "--no-errors";
}

function simulate(...args: string[]): { readonly status: number | null; readonly output: string } {
  const run = ["run", "-A", "--no-check", SCRIPT, ...args, "--no-shrink"];
  const { status, stdout, stderr } = spawnSync(execPath, run, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}
