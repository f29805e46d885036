/**
 * Runs kernel facts against the libc of this runtime.
 *
 * @module
 */
import { check, type Libc, loadLibc } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import type { FactNeed, KernelFact } from "../../conformance/kernel_facts/fact.ts";
import { whyNoMounts } from "../../../harness/support/mount.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

/** Which libc the facts are shown on. */
export interface FactsHarness {
  /** What differs, in a word: stands behind the names of the tests. */
  readonly label: string;
  /** The calls. */
  readonly libc: Libc;
}

/**
 * Registers a test for each fact.
 *
 * @param facts The facts.
 * @param harness Another libc than that of this runtime.
 */
export async function runFacts(
  facts: readonly KernelFact[],
  harness?: FactsHarness,
): Promise<void> {
  const libc = harness?.libc ?? await loadLibc();
  const suffix = harness === undefined ? "" : ` (${harness.label})`;
  const missing = new Map<FactNeed, string | undefined>();
  for (const { needs } of facts) {
    if (needs !== undefined && !missing.has(needs)) missing.set(needs, whyMissing(needs, libc));
  }

  for (const { name, needs, run } of facts) {
    const reason = needs === undefined ? undefined : missing.get(needs);
    test(`${name}${suffix}`, { ...skipUnless(reason === undefined, reason ?? "") }, async () => {
      await using temporary = await temporaryDirectory();
      const scratch = `${temporary.path}/scratch`;
      mkdirSync(scratch);
      await run(libc, scratch);
    });
  }
}

/**
 * Registers a test for each fact, which a process of their own has shown.
 *
 * A lock or a lease lives as long as any copy of its descriptor, and a test that starts a program
 * copies the descriptors of all tests in its process until the program runs.
 *
 * @param group Name of the facts in `alone.ts`.
 * @param facts The facts.
 */
export async function runFactsAlone(group: string, facts: readonly KernelFact[]): Promise<void> {
  await using child = spawnScript("tests/ffi/kernel_facts/alone.ts", [group]);
  const results = new Map<string, string>();
  for await (const line of child) {
    const { name, failure } = JSON.parse(line);
    results.set(name, failure);
  }
  const { code, stderr } = await child.wait();

  for (const { name } of facts) {
    test(name, () => assert.equal(results.get(name) ?? `code ${code}: ${stderr}`, ""));
  }
}

function whyMissing(need: FactNeed, libc: Libc): string | undefined {
  if (need === "mounts") return whyNoMounts();
  if (need === "machine") return undefined;
  const { O_RDONLY, O_DIRECTORY } = libc.constants;
  const descriptor = check(libc.open(tmpdir(), { flags: O_RDONLY | O_DIRECTORY }), "open");
  const { name } = check(libc.fstatfs(descriptor), "fstatfs");
  check(libc.close(descriptor), "close");
  return ["tmpfs", "ramfs"].includes(name) ? `the temporary directory is on ${name}` : undefined;
}
