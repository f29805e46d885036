/**
 * Plants a bug in a copy of the source: a line of the store is what somebody might have written by mistake. The store itself knows
 * nothing of it.
 *
 * @module
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A wrong line. */
export interface SourcePatch {
  /** Path of the file from the root of the repository. */
  readonly file: string;
  /** The right text, which is there once. */
  readonly find: string;
  /** The wrong text. */
  readonly put: string;
}

/** A copy of the source; leaving its scope removes it. */
export interface PatchedSource extends Disposable {
  /** Where it is. */
  readonly path: string;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COPIED = [
  "deno.json",
  "deno.lock",
  "mod.ts",
  "ffi",
  "storage",
  "adapters",
  "scripts/sim.ts",
  "scripts/sim",
  "tests/simulation",
  "tests/support",
];

/**
 * Copies what a simulation needs, with wrong lines in it.
 *
 * @param patches The wrong lines.
 * @returns The copy.
 * @throws {Error} If a right line is not there, or more than once: the patch must be written anew.
 */
export function patchSource(patches: readonly SourcePatch[]): PatchedSource {
  const path = mkdtempSync(join(tmpdir(), "streambed-mutant-"));
  const remove = () => rmSync(path, { recursive: true, force: true });
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(path, name), { recursive: true });
    for (const patch of patches) plant(path, patch);
  } catch (error) {
    remove();
    throw error;
  }
  return { path, [Symbol.dispose]: remove };
}

function plant(root: string, { file, find, put }: SourcePatch): void {
  const path = join(root, file);
  const parts = readFileSync(path, "utf8").split(find);
  if (parts.length !== 2) {
    const count = parts.length - 1;
    throw new Error(
      `Cannot plant a bug in ${file}: ${JSON.stringify(find)} is there ${count} times`,
    );
  }
  writeFileSync(path, parts.join(put));
}
