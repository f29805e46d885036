/**
 * The facts about power cuts, on the simulated kernel.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check, type Libc } from "../../../ffi/mod.ts";
import { CUT_FACTS, type CutFact, showCutFact } from "../../conformance/kernel_facts/cuts.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { Choices } from "../../../harness/simulation/machine/choices.ts";
import { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { simLibc } from "../../../harness/simulation/machine/sim_libc.ts";

const SEEDS = [1, 2, 3, 4, 5];
/** Nothing survives that was not synced. */
const PROFILE = 0;
/** Facts that say what a sync does. */
const SYNC_FACTS = CUT_FACTS.filter(({ name }) =>
  /^(msync|fdatasync|renameat|fallocate)/.test(name)
);

for (const fact of CUT_FACTS) {
  test(`SimKernel: ${fact.name}`, async () => {
    for (const seed of SEEDS) await show(fact, seed);
  });
}

test("showCutFact() catches syncs that do nothing", async () => {
  const nothing = {
    msync: () => 0,
    fdatasync: () => 0,
    fsync: () => 0,
  };
  for (const fact of SYNC_FACTS) {
    await assert.rejects(show(fact, 1, (libc) => overrideLibc(libc, nothing)), fact.name);
  }
  assert.ok(SYNC_FACTS.length >= 6);
});

async function show(
  fact: CutFact,
  seed: number,
  change: (libc: Libc) => Libc = (libc) => libc,
): Promise<void> {
  const kernel = new SimKernel(new Choices(seed));
  let libc = change(boot(kernel));
  await showCutFact(fact, {
    get libc() {
      return libc;
    },
    directory: "/scratch",
    cut() {
      kernel.cutPower(PROFILE);
      libc = simLibc(kernel.spawn());
    },
  });
}

/** Starts a machine that has a durable directory. */
function boot(kernel: SimKernel): Libc {
  const libc = simLibc(kernel.spawn());
  const root = check(libc.open("/", { flags: libc.constants.O_DIRECTORY }), "open root");
  check(libc.mkdirat(root, "scratch", 0o700), "make scratch");
  check(libc.fsync(root), "sync root");
  check(libc.close(root), "close root");
  return libc;
}
