/**
 * A program that runs beside this process and never longer, however this process ends.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";

/** A program that runs. */
export interface KeptProgram {
  /** Its process. */
  readonly processId: number;
  /** What it said until it was ready. */
  readonly log: string;
  /** Ends it. */
  end(): Promise<void>;
}

/**
 * Starts a program, says which process it is, and kills it when standard input ends: a process that
 * ends in any way closes that. What the program says goes to standard error, which is its alone, so
 * that its end is seen there.
 */
const KEEPER = '"$@" >&2 & echo $!; exec 2>/dev/null; cat >/dev/null; kill -9 $!; wait';

/**
 * Starts a program and waits until it is ready.
 *
 * @param program The program.
 * @param args Its arguments.
 * @param options What it says when it is ready.
 * @returns The program.
 * @throws {Error} If it ends before; with what it said.
 */
export async function startProgram(
  program: string,
  args: readonly string[],
  { ready }: { readonly ready: RegExp },
): Promise<KeptProgram> {
  const keeper = spawn("sh", ["-c", KEEPER, "sh", program, ...args], { stdio: "pipe" });
  const ended = once(keeper, "close");
  async function end(): Promise<void> {
    process.off("SIGTERM", endAll);
    keeper.stdin.end();
    await ended;
  }
  function endAll(): void {
    end().then(() => process.exit(1));
  }
  // A run that is ended removes its directory once this process is gone; the program must be, too.
  process.on("SIGTERM", endAll);

  const processId = once(keeper.stdout, "data").then(([data]) => Number(String(data)));
  let log = "";
  for await (const line of createInterface({ input: keeper.stderr })) {
    log += `${line}\n`;
    if (!ready.test(line)) continue;
    keeper.stderr.resume();
    return { processId: await processId, log, end };
  }
  await end();
  throw new Error(`Cannot start ${program}: it ended before it was ready\n${log}`);
}
