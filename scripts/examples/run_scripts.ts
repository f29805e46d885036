/**
 * Runs the commands of pages as a shell takes them: those of a block one after the other, in a
 * fresh folder.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Block } from "./find_blocks.ts";
import { describe, mustEnd, type Outcome, run, type RunOptions } from "./run.ts";
import { type Finding, programName } from "./run_programs.ts";
import type { Command, Script } from "./sort_blocks.ts";
import type { Workshop } from "./workshop.ts";

/** Tells what the help of a task says; the same task is asked once. */
export type TaskHelp = (name: string) => Promise<Outcome>;

/** What a script runs with. */
export interface ScriptContext {
  /** What the tasks of the project take. */
  readonly taskHelp: TaskHelp;
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
/** Where bash is there, a pipe also fails by a command that is not its last. */
const SHELL = existsSync("/bin/bash") ? ["/bin/bash", "-o", "pipefail", "-c"] : ["/bin/sh", "-c"];
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
  const { block: { text } } = script;
  const { workshop } = context;
  const isEmpty = INSTALLS.test(text);
  await using folder = await (isEmpty ? workshop.emptyFolder() : workshop.folderFor("node24"));
  const cwd = folder.path;
  await furnish(context, text, cwd);
  // An installer keeps what it knows of registries in the user's own home.
  const env = isEmpty ? workshop.env : { ...workshop.env, HOME: cwd };
  const findings: Finding[] = [];
  for (const command of script.commands) {
    findings.push(await runCommand(command, { cwd, env }, context));
  }
  return findings;
}

/** Puts what the commands name where they look for it. */
async function furnish(
  { workshop: { env }, programs }: ScriptContext,
  text: string,
  cwd: string,
): Promise<void> {
  for (const program of programs) await writeFile(join(cwd, programName(program)), program.text);
  for (const [named, directory, topics] of STORES) {
    if (!named.test(text)) continue;
    for (const topic of topics) {
      const streambed = join(cwd, "node_modules/.bin/streambed");
      const append = [streambed, "--quiet", "--dir", directory, "append", topic];
      await mustEnd(append, { cwd, env, stdin: "ham\neggs\n" });
    }
  }
}

async function runCommand(
  { file, line, text, reason }: Command,
  options: RunOptions,
  { taskHelp }: ScriptContext,
): Promise<Finding> {
  const what = text.replace(/\s+#.*$/, "");
  if (reason !== undefined) {
    return { file, line, what, reason, problem: await problemOfTask(text, taskHelp) };
  }
  const outcome = await run([...SHELL, text], options);
  return { file, line, what, problem: outcome.code === 0 ? undefined : describe(outcome) };
}

/**
 * Tells what is wrong with a command that starts a task: the task must be there, and its help must
 * name the options.
 */
async function problemOfTask(text: string, taskHelp: TaskHelp): Promise<string | undefined> {
  const task = TASK.exec(text.replace(BEHIND_COMMAND, ""));
  if (task === null) return undefined;
  const [, name, words] = task;
  const outcome = await taskHelp(name);
  if (outcome.code !== 0) return describe(outcome);
  const unknown = [...words.matchAll(OPTION)].map(([, option]) => option)
    .filter((option) => !outcome.stdout.includes(option));
  return unknown.length === 0 ? undefined : `its --help knows no ${unknown.join(", ")}`;
}

/**
 * Makes what asks tasks.
 *
 * @param root Root of the project.
 * @returns What asks them.
 */
export function askTasks(root: string): TaskHelp {
  const asked = new Map<string, Promise<Outcome>>();
  return (name) => {
    const help = asked.get(name) ??
      run([Deno.execPath(), "task", "--quiet", name, "--help"], { cwd: root });
    asked.set(name, help);
    return help;
  };
}
