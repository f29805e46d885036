/**
 * A program that is run in a copy of the source and may hang there.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { text } from "node:stream/consumers";
import { killGroup } from "../../harness/support/kill_group.ts";

/** How a program is run. */
export interface ProgramOptions {
  /** Working directory. */
  readonly cwd: string;
  /** Where it may leave temporary files. */
  readonly scratch: string;
  /** After how long it hangs, ms. */
  readonly limitMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** How a program ended, and all that it said. */
export interface ProgramEnd {
  /**
   * Exit code, signal that ended it, or that it was still at it after {@linkcode
   * ProgramOptions.limitMs}.
   */
  readonly how: number | NodeJS.Signals | "hang";
  /** Both outputs. */
  readonly output: string;
  /** How long it ran, ms. */
  readonly durationMs: number;
}

/**
 * Runs this Deno, and ends it with all that it has started.
 *
 * @param args Its arguments.
 * @param options Where, and how long.
 * @returns How it ended.
 * @throws The reason of the signal.
 */
export async function runProgram(
  args: readonly string[],
  { cwd, scratch, limitMs, signal }: ProgramOptions,
): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const started = performance.now();
  const child = spawn(process.execPath, [...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", TMPDIR: scratch },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let isHanging = false;
  const kill = () => killGroup(child.pid!);
  const timer = setTimeout(() => {
    isHanging = true;
    kill();
  }, limitMs);
  signal.addEventListener("abort", kill);
  const ended = new Promise<number | NodeJS.Signals>((resolve) =>
    child.on("close", (code, name) => resolve(code ?? name!))
  );
  const [stdout, stderr, how] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  clearTimeout(timer);
  signal.removeEventListener("abort", kill);
  kill();
  signal.throwIfAborted();
  const durationMs = performance.now() - started;
  return { how: isHanging ? "hang" : how, output: stdout + stderr, durationMs };
}
