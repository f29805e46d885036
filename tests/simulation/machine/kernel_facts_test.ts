/**
 * The kernel facts, on the simulated kernel: what holds on Linux holds here, or the simulator is
 * wrong.
 *
 * Facts that need another program, a mount or a disk that writes back have their counterparts in
 * the simulator's own tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../../ffi/mod.ts";
import type { KernelFact } from "../../conformance/kernel_facts/fact.ts";
import { FILE_FACTS } from "../../conformance/kernel_facts/files.ts";
import { LEASE_FACTS } from "../../conformance/kernel_facts/leases.ts";
import { LINK_FACTS } from "../../conformance/kernel_facts/links.ts";
import { LOCK_FACTS } from "../../conformance/kernel_facts/locks.ts";
import { MACHINE_FACTS } from "../../conformance/kernel_facts/machine.ts";
import { NAME_FACTS } from "../../conformance/kernel_facts/names.ts";
import { NOTICE_FACTS } from "../../conformance/kernel_facts/notices.ts";
import { PAGE_CACHE_FACTS } from "../../conformance/kernel_facts/page_cache.ts";
import { Choices } from "../../../harness/simulation/machine/choices.ts";
import { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { simLibc } from "../../../harness/simulation/machine/sim_libc.ts";

const FACTS: readonly KernelFact[] = [
  ...FILE_FACTS,
  ...LEASE_FACTS,
  ...LINK_FACTS,
  ...LOCK_FACTS,
  ...MACHINE_FACTS,
  ...NAME_FACTS,
  ...NOTICE_FACTS,
  ...PAGE_CACHE_FACTS,
].filter((fact) => fact.needs === undefined);

const SEEDS = [1, 2, 3];

for (const fact of FACTS) {
  test(`SimKernel: ${fact.name}`, async () => {
    for (const seed of SEEDS) await show(fact, seed);
  });
}

test("SimKernel is judged by most of the kernel facts", () => {
  assert.ok(FACTS.length >= 40, `only ${FACTS.length} facts run`);
});

async function show(fact: KernelFact, seed: number): Promise<void> {
  const kernel = new SimKernel(new Choices(seed));
  const process = kernel.spawn();
  const libc = simLibc(process);
  const root = check(libc.open("/", { flags: libc.constants.O_DIRECTORY }), "open root");
  check(libc.mkdirat(root, "scratch", 0o700), "make scratch");
  check(libc.close(root), "close root");

  const run = async () => {
    await fact.run(libc, "/scratch");
  };
  await kernel.scheduler.settle(run(), process);
  assert.deepEqual(kernel.faults, []);
  assert.equal(process.descriptorCount, 0);
  assert.equal(process.mappings.size, 0);
}
