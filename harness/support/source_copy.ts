/**
 * A copy of the repository to spoil.
 *
 * @module
 */
import { cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** A copy of the source; leaving its scope removes it. */
export interface SourceCopy extends Disposable {
  /** Where it is. */
  readonly path: string;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What tools make, and the history. */
const LEFT_OUT = new Set([".git", "node_modules", "dist", "coverage", ".cache", "demo-data"]);

/**
 * Copies the repository as it is now.
 *
 * @returns The copy.
 */
export function copySource(): SourceCopy {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "streambed-copy-")));
  const remove = () => rmSync(path, { recursive: true, force: true });
  try {
    cpSync(ROOT, path, {
      recursive: true,
      filter: (source) => !LEFT_OUT.has(relative(ROOT, source)),
    });
  } catch (error) {
    remove();
    throw error;
  }
  return { path, [Symbol.dispose]: remove };
}
