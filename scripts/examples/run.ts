/**
 * Runs a program to its end, which must come.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { env as ownEnvironment } from "node:process";
import { killGroup } from "../../harness/support/kill_group.ts";

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How a program ended. */
export interface Outcome {
  /** Exit code; none where it was killed. */
  readonly code: number | undefined;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** Where and with what a program runs. */
export interface RunOptions {
  /** Working directory. */
  readonly cwd: string;
  /** Its environment; this process's own when left out. */
  readonly env?: Environment;
  /** Text for standard input, which ends after it. */
  readonly stdin?: string;
  /**
   * After how long it is killed, ms.
   *
   * @default {180_000}
   */
  readonly limitMs?: number;
}

/** No block takes near it, however loaded the machine is: one that does has no end. */
const LIMIT_MS = 180_000;

/**
 * Runs a program.
 *
 * @param command The program and its arguments.
 * @param options Where and with what.
 * @returns How it ended; without a code where it had to be killed.
 */
export async function run(
  [program, ...words]: readonly string[],
  { cwd, env = ownEnvironment, stdin = "", limitMs = LIMIT_MS }: RunOptions,
): Promise<Outcome> {
  // A group of its own, so that nothing that it has started outlives it.
  const child = spawn(program, words, { cwd, env, detached: true, stdio: "pipe" });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  child.stdin.on("error", ignoreBrokenPipe).end(stdin);
  const limit = setTimeout(() => killGroup(child.pid!), limitMs);
  try {
    const [code] = await once(child, "close");
    return { code: code ?? undefined, stdout, stderr };
  } finally {
    clearTimeout(limit);
  }
}

/**
 * Runs a program without which nothing can go on.
 *
 * @param command The program and its arguments.
 * @param options Where and with what.
 * @returns How it ended: well.
 * @throws {Error} If it failed, with what it said.
 */
export async function mustEnd(command: readonly string[], options: RunOptions): Promise<Outcome> {
  const outcome = await run(command, options);
  if (outcome.code === 0) return outcome;
  throw new Error(`Cannot run ${command.join(" ")}: ${describe(outcome)}`);
}

/**
 * Tells how a program ended that failed.
 *
 * @param outcome How it ended.
 * @returns Its exit code and all that it said.
 */
export function describe({ code, stdout, stderr }: Outcome): string {
  const end = code === undefined ? "it was killed, as it did not end" : `exit code ${code}`;
  return `${end}\n${stdout}${stderr}`.trimEnd();
}

/** A program that ends without reading its input breaks the pipe; its end says what happened. */
function ignoreBrokenPipe(error: Error & { readonly code?: string }): void {
  if (error.code !== "EPIPE") throw error;
}
