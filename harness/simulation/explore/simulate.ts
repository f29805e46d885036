/**
 * The task `sim` as a process of its own.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { execPath } from "node:process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** How a run ended, and all that it said. */
export interface Simulated {
  /** Its exit code. */
  readonly status: number | null;
  /** What it told. */
  readonly output: string;
}

/**
 * Runs the task.
 *
 * @param words Its arguments.
 * @param root Where the source is; this repository unless said.
 * @returns How it ended.
 */
export async function simulate(words: readonly string[], root: string = ROOT): Promise<Simulated> {
  const child = spawn(execPath, ["run", "-A", "--no-check", "scripts/sim.ts", ...words], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await ended, output: stdout + stderr };
}
