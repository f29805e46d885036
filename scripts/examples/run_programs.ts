/**
 * Runs programs: each on each runtime, in a fresh folder and a process of its own.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Block } from "./find_blocks.ts";
import { describe, run } from "./run.ts";
import { DENO, type Workshop } from "./workshop.ts";

/** What is established, or not, about a place of a page. */
export interface Finding {
  /** Path of the page, from the root. */
  readonly file: string;
  /** Line of the page, from one. */
  readonly line: number;
  /** What was done: a command, or where a program ran. */
  readonly what: string;
  /** What went wrong; left out where all is well. */
  readonly problem?: string;
  /** Why it was not done; left out where it was. */
  readonly reason?: string;
}

/** Something to be done, which finds out something. */
export type Job = () => Promise<Finding[]>;

/** Node 22 does not know it. */
const USING = /^\s*await using\b/m;
const WITHOUT_USING = "node22";

/** Flags of runtimes that need some. */
const FLAGS: Readonly<Record<string, readonly string[]>> = { [DENO]: ["run", "--quiet", "-A"] };

/**
 * What a program is called, as README.md calls it.
 *
 * @param block The program.
 * @returns The name of its file.
 */
export function programName({ language }: Pick<Block, "language">): string {
  return language === "js" ? "a.mjs" : "a.ts";
}

/**
 * Chooses on which runtimes a program runs.
 *
 * @param block The program.
 * @param runtimes All runtimes.
 * @returns Those that know its language.
 */
export function runtimesFor({ text }: Block, runtimes: readonly string[]): string[] {
  return runtimes.filter((runtime) => runtime !== WITHOUT_USING || !USING.test(text));
}

/**
 * Makes what is to be done with a program.
 *
 * @param workshop Where it runs.
 * @param block The program.
 * @returns A run on each of its runtimes.
 */
export function programRuns(workshop: Workshop, block: Block): Job[] {
  return runtimesFor(block, workshop.runtimes)
    .map((runtime) => async () => [await runOn(workshop, block, runtime)]);
}

async function runOn(workshop: Workshop, block: Block, runtime: string): Promise<Finding> {
  const { file, line, text } = block;
  await using folder = await workshop.folderFor(runtime);
  const cwd = folder.path;
  const name = programName(block);
  await writeFile(join(cwd, name), text);
  const command = [workshop.program(runtime), ...FLAGS[runtime] ?? [], name];
  const outcome = await run(command, { cwd, env: workshop.env });
  const problem = outcome.code === 0 ? undefined : describe(outcome);
  return { file, line, what: runtime, problem };
}
