/**
 * An opening that fails anywhere leaves nothing open. Once it kept the writer's lock when
 * `streambed/positions` or a file of `config/` could not be opened, so that the process locked
 * itself out, and descriptors and mappings when anything after the active segment failed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStoreIn, type OpenStoreOptions } from "../../../storage/mod.ts";
import { errorsOf } from "../../../harness/simulation/machine/hooks.ts";
import { simEnvironment } from "../../../harness/simulation/machine/sim_environment.ts";
import { boot, DIRECTORY, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";

const CALL_COUNT_MAX = 400;

for (const writePath of ["staged", "mapped"] as const) {
  test(`openStoreIn() leaves nothing open whichever call fails (${writePath})`, async () => {
    const options = {
      writePath,
      geometry: { segmentByteLength: 8192, indexSlotCount: 8, indexEntryCount: 32 },
    };
    const kernel = machine(1);
    await append(kernel, options);
    let failedCount = 0;
    for (let number = 0; number < CALL_COUNT_MAX; number++) {
      if (await openWithFailure(kernel, options, number)) failedCount++;
    }
    assert.ok(failedCount > 50, `${failedCount} openings failed`);
    await append(kernel, options);
  });
}

async function append(kernel: SimKernel, options: OpenStoreOptions): Promise<void> {
  const { process } = boot(kernel);
  const settle = <T>(work: Promise<T>) => kernel.scheduler.settle(work, process);
  const store = await settle(openStoreIn(simEnvironment(process), DIRECTORY, options));
  await settle(store.append({ topic: "t", body: "one", keys: "k" }));
  await settle(store.close());
  kernel.kill(process);
}

/** Opens with the call of that number failing; gives whether the opening failed. */
async function openWithFailure(
  kernel: SimKernel,
  options: OpenStoreOptions,
  number: number,
): Promise<boolean> {
  const { process } = boot(kernel);
  const before = process.descriptorCount;
  const target = kernel.callCount + number;
  kernel.hook = (call) => {
    const [code] = call.number === target ? errorsOf(call.name) : [];
    return code === undefined ? undefined : { fail: code };
  };
  const opening = openStoreIn(simEnvironment(process), DIRECTORY, options);
  const store = await kernel.scheduler.settle(
    opening.then((opened) => opened, () => undefined),
    process,
  );
  if (store !== undefined) {
    await kernel.scheduler.settle(store.close().catch(() => {}), process);
  }
  kernel.hook = () => undefined;
  await kernel.scheduler.idle();
  assert.equal(process.descriptorCount, before, `call ${number}`);
  assert.equal(process.mappings.size, 0, `call ${number}`);
  kernel.kill(process);
  return store === undefined;
}
