/**
 * Runs a task that proves a promise, small, in a process of its own: it mounts, kills and counts
 * what belongs to a process.
 *
 * @module
 */
import { spawnSpoken } from "../../../harness/support/child.ts";

/** What a task said. */
export interface ProofRun {
  /** Exit code; 128 and the signal's number when a signal ended it. */
  readonly code: number;
  /** Standard output and standard error. */
  readonly text: string;
}

/**
 * Runs a task of `scripts/proof/`.
 *
 * @param name Name of its file.
 * @param args Its arguments.
 * @returns How it ended.
 */
export async function runProof(name: string, ...args: string[]): Promise<ProofRun> {
  await using child = spawnSpoken(`scripts/proof/${name}.ts`, args);
  const lines: string[] = [];
  for (let line = await child.nextLine(); line !== undefined; line = await child.nextLine()) {
    lines.push(line);
  }
  const { code, signal, stderr } = await child.wait();
  return { code, text: [...lines, stderr, signal ?? ""].join("\n") };
}
