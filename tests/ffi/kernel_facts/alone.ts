/**
 * Shows facts in a process of their own, and tells on standard output how each went.
 *
 * @module
 */
import { argv } from "node:process";
import { loadLibc } from "../../../ffi/mod.ts";
import type { KernelFact } from "../../conformance/kernel_facts/fact.ts";
import { LEASE_FACTS } from "../../conformance/kernel_facts/leases.ts";
import { LOCK_FACTS } from "../../conformance/kernel_facts/locks.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const GROUPS: Readonly<Record<string, readonly KernelFact[]>> = {
  leases: LEASE_FACTS,
  locks: LOCK_FACTS,
};

const libc = await loadLibc();
for (const { name, run } of GROUPS[argv[2] ?? ""] ?? []) {
  await using temporary = await temporaryDirectory();
  let failure = "";
  try {
    await run(libc, temporary.path);
  } catch (error) {
    failure = error instanceof Error ? error.stack ?? error.message : String(error);
  }
  console.log(JSON.stringify({ name, failure }));
}
