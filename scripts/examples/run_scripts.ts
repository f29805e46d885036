/**
 * Runs the commands of pages as a shell takes them: those of a block one after the other, in a
 * fresh folder.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Block } from "./find_blocks.ts";
import { describe, mustEnd, run, type RunOptions } from "./run.ts";
import { type Finding, programName } from "./run_programs.ts";
import type { Command, Script } from "./sort_blocks.ts";
import type { Workshop } from "./workshop.ts";

/** What a script runs with. */
export interface ScriptContext {
  /** Root of the project. */
  readonly root: string;
  /** Where it runs. */
  readonly workshop: Workshop;
  /** Programs that lie in its folder, `a.ts` and `a.mjs`: the first of each language. */
  readonly programs: readonly Block[];
}

/** A script with such a line begins where nothing is installed yet. */
const INSTALLS = /^(?:deno add|npm install|bun add) /m;
/** Stores that lie in the folder of a script that names them, and their topics. */
const STORES: readonly (readonly [named: RegExp, directory: string, topics: readonly string[]])[] =
  [[/\.\/data\b/, "data", ["orders"]], [/~\/store\b/, "store", ["orders", "bills"]]];
const TASK = /^(?:deno|npx -y deno@\S+) task (\S+)(.*)$/s;
const OPTION = /\s(--[a-z][a-z-]*)/g;
/** What follows is not the task's. */
const BEHIND_COMMAND = /[#|>].*$/s;

/**
 * Runs a script.
 *
 * @param context What with.
 * @param script The script.
 * @returns A finding for each command, those that are not run among them.
 */
export async function runScript(context: ScriptContext, script: Script): Promise<Finding[]> {
  const options = await furnish(context, script.block);
  const findings: Finding[] = [];
  for (const command of script.commands) findings.push(await runCommand(command, options, context));
  return findings;
}

async function furnish(
  { workshop, programs }: ScriptContext,
  { text }: Block,
): Promise<RunOptions & { readonly cwd: string }> {
  const isEmpty = INSTALLS.test(text);
  const cwd = await (isEmpty ? workshop.emptyFolder() : workshop.folderFor("node24"));
  for (const program of programs) await writeFile(join(cwd, programName(program)), program.text);
  const { env } = workshop;
  for (const [named, directory, topics] of STORES) {
    if (!named.test(text)) continue;
    for (const topic of topics) {
      const streambed = join(cwd, "node_modules/.bin/streambed");
      const append = [streambed, "--quiet", "--dir", directory, "append", topic];
      await mustEnd(append, { cwd, env, stdin: "ham\neggs\n" });
    }
  }
  // An installer keeps what it knows of registries in the user's own.
  return { cwd, env: isEmpty ? env : { ...env, HOME: cwd } };
}

async function runCommand(
  { file, line, text, reason }: Command,
  options: RunOptions,
  { root }: ScriptContext,
): Promise<Finding> {
  const what = text.replace(/\s+#.*$/, "");
  if (reason !== undefined) {
    return { file, line, what, reason, problem: await problemOfTask(text, root) };
  }
  const outcome = await run(["sh", "-e", "-c", text], options);
  return { file, line, what, problem: outcome.code === 0 ? undefined : describe(outcome) };
}

/**
 * Tells what is wrong with a command that starts a task: the task must be there, and its help must
 * name the options.
 *
 * @param text The command.
 * @param root Root of the project.
 * @returns What is wrong, if anything.
 */
export async function problemOfTask(text: string, root: string): Promise<string | undefined> {
  const task = TASK.exec(text.replace(BEHIND_COMMAND, ""));
  if (task === null) return undefined;
  const [, name, words] = task;
  const outcome = await run([Deno.execPath(), "task", "--quiet", name, "--help"], { cwd: root });
  if (outcome.code !== 0) return describe(outcome);
  const unknown = [...words.matchAll(OPTION)].map(([, option]) => option)
    .filter((option) => !outcome.stdout.includes(option));
  return unknown.length === 0 ? undefined : `its --help knows no ${unknown.join(", ")}`;
}
