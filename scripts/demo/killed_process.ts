/**
 * A process that is killed at random moments and started again until it ends by itself.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { Report } from "./report.ts";

/** A source of chance: a number from 0 to 1. */
export type Chance = () => number;

/** What to run and how to treat it. */
export interface KilledProcessOptions {
  /** File of the script, beside this one. */
  readonly script: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** At how many flights to kill it, in order. */
  readonly killAt: readonly number[];
  /**
   * Decides how long after that, up to 20 ms, so that the moment is not one of the process's
   * choice.
   */
  readonly chance: Chance;
  /** Told what the process found when it started, each time. */
  readonly onStart: (flightCount: number) => void;
  /** Told how far the process is. */
  readonly onProgress: (flightCount: number) => void;
  /** Told that it was killed. */
  readonly onKill: () => void;
}

const KILL_DELAY_MS = 20;

/**
 * Runs a script to its end, through all its kills.
 *
 * @param options What to run and when to kill it.
 * @returns When it has ended by itself, which may be before its last kill.
 * @throws {Error} If it ends in any other way than with exit code 0.
 */
export async function runThroughKills(options: KilledProcessOptions): Promise<void> {
  const pending = [...options.killAt];
  for (;;) {
    const run = await runOnce(options, pending);
    if (run.status.signal === "SIGKILL") {
      options.onKill();
      continue;
    }
    if (run.status.code === 0) return;
    throw new Error(
      `Cannot finish ${options.script}: it ended with code ${run.status.code}\n${run.stderr}`,
    );
  }
}

interface Run {
  readonly status: Deno.CommandStatus;
  readonly stderr: string;
}

async function runOnce(options: KilledProcessOptions, pending: number[]): Promise<Run> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", scriptPath(options.script), ...options.args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const end = (): void => kill(child);
  globalThis.addEventListener("unload", end);
  try {
    const stderr = new Response(child.stderr).text();
    await watch(child, options, pending);
    return { status: await child.status, stderr: await stderr };
  } finally {
    globalThis.removeEventListener("unload", end);
  }
}

async function watch(
  child: Deno.ChildProcess,
  { chance, onStart, onProgress }: KilledProcessOptions,
  pending: number[],
): Promise<void> {
  let rest = "";
  let isStarted = false;
  let isDoomed = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { flightCount }: Report = JSON.parse(line);
      (isStarted ? onProgress : onStart)(flightCount);
      isStarted = true;
      if (isDoomed || pending.length === 0 || flightCount < pending[0]) continue;
      isDoomed = true;
      pending.shift();
      setTimeout(() => kill(child), chance() * KILL_DELAY_MS);
    }
  }
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended by itself, which its exit code tells.
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function scriptPath(script: string): string {
  return fileURLToPath(new URL(script, import.meta.url));
}
