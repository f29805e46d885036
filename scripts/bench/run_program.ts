/**
 * Programs that are measured: run to their end, watched, ended with the run.
 *
 * @module
 */
import { ProcessWatch } from "./process_needs.ts";

/** Lines of what a failed child said that are told. */
const TOLD_LINES = 20;

/** What a program said and needed, that ended well. */
export interface Ended {
  /** Its standard output. */
  readonly stdout: string;
  /** Its standard error. */
  readonly stderr: string;
  /** What was seen of it. */
  readonly watch: ProcessWatch;
}

/** Children at work; one, unless the run is ending. */
const running = new Set<Deno.ChildProcess>();
let isEnding = false;

/**
 * Runs a program to its end, and watches it.
 *
 * @param name Of its contestant, for messages.
 * @param program The program.
 * @param args Its arguments.
 * @param watched Programs that it starts and that are watched, where it is a script.
 * @returns What it said and needed.
 * @throws {Error} If it fails; with what it said.
 */
export async function runProgram(
  name: string,
  program: string,
  args: readonly string[],
  watched?: readonly string[],
): Promise<Ended> {
  if (isEnding) throw new Error(`Cannot measure ${name}: the run was ended`);
  const child = spawn(name, program, args);
  running.add(child);
  const watch = new ProcessWatch(child.pid, watched);
  const output = await child.output().finally(() => {
    running.delete(child);
    watch.stop();
  });
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  if (output.success) return { stdout, stderr, watch };
  const told = stderr.trimEnd().split("\n").slice(-TOLD_LINES).join("\n");
  throw new Error(`Cannot measure ${name}: the child ended with code ${output.code}\n${told}`);
}

/** Ends what is at work, and lets nothing begin: what is written is to be removed. */
export async function endChildren(): Promise<void> {
  isEnding = true;
  for (const child of running) child.kill("SIGTERM");
  await Promise.all(Array.from(running, (child) => child.status));
}

function spawn(name: string, program: string, args: readonly string[]): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args: [...args],
      env: { LC_ALL: "C", NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Cannot measure ${name}: there is no program "${program}"`);
  }
}
