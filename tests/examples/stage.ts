/**
 * What an example is run on: Deno, as in a checkout, and Node, in somebody else's project with the
 * npm package. The source is the same file, byte for byte.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execPath, kill } from "node:process";
import { ScriptChild } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { environment, makeProject, type Project } from "../package/project.ts";
import { ROOT } from "../support/examples.ts";
import { type ExamplePage, readPage } from "./page.ts";

/** The Node on which the examples run: the oldest that strips types and knows `await using`. */
const NODE = "node24";

/** Runtimes, each by its name, that find the package and what examples need beside it. */
export interface Stage extends AsyncDisposable {
  /** Names of the runtimes. */
  readonly runtimes: readonly string[];
  /**
   * Plays a scene.
   *
   * @param name Folder of the example.
   * @param runtime Name of a runtime.
   * @param scene What is done with the example, in an empty directory.
   */
  play(name: string, runtime: string, scene: Scene): Promise<void>;
}

/** An example on a runtime, in a directory of its own. */
export interface Example {
  /** An absolute path; what the example is told as a relative one is in it. */
  readonly directory: string;
  /** What its page says. */
  readonly page: ExamplePage;
  /** Starts a program of the example. */
  start(script: string, ...args: string[]): ScriptChild;
  /** Runs a program of the example to its end, which is a good one; gives what it printed. */
  run(script: string, ...args: string[]): Promise<string[]>;
}

/** A scene: uses an example, and throws where it is not what its page says. */
export type Scene = (example: Example) => Promise<void>;

/** Makes a project for Node, with the package and the examples in it. */
export async function makeStage(): Promise<Stage> {
  const { imports } = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  const packages = Object.values<string>(imports).map((name) => name.slice("npm:".length));
  const project = await makeProject({ packages });
  await cp(join(ROOT, "examples"), join(project.root, "examples"), { recursive: true });
  return {
    runtimes: ["deno", NODE],
    async play(name, runtime, scene) {
      await using directory = await temporaryDirectory();
      const page = await readPage(name);
      const command = runtime === "deno" ? denoCommand(page) : nodeCommand(project, page);
      await scene(exampleOf(page, directory.path, command));
    },
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}

type Command = (script: string) => readonly string[];

/** With the grants that the page tells, and no others. */
function denoCommand({ name, grants }: ExamplePage): Command {
  const options = ["--quiet", "--frozen", "--no-prompt", "--config", join(ROOT, "deno.json")];
  return (script) => {
    return [execPath, "run", ...options, ...grants, join(ROOT, "examples", name, script)];
  };
}

function nodeCommand(project: Project, { name }: ExamplePage): Command {
  return (script) => [...project.command(NODE), join(project.root, "examples", name, script)];
}

function exampleOf(page: ExamplePage, directory: string, command: Command): Example {
  const start = (script: string, ...args: string[]): ScriptChild => {
    const [program, ...words] = [...command(script), ...args];
    const env = { ...environment(program), NODE_NO_WARNINGS: "" };
    return new ScriptChild(spawn(program, words, { cwd: directory, env }));
  };
  return {
    directory,
    page,
    start,
    async run(script, ...args) {
      await using child = start(script, ...args);
      return await finished(child);
    },
  };
}

/**
 * Waits for the end of a program, which is a good one.
 *
 * @param child The program.
 * @returns What it printed that nobody has taken yet.
 */
export async function finished(child: ScriptChild): Promise<string[]> {
  const { code, signal, stderr } = await child.wait();
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
  return await child.remainingLines();
}

/**
 * Tells a program to end, as a supervisor does, and waits for its end, which is a good one.
 *
 * @param child The program.
 * @returns What it printed that nobody has taken yet.
 */
export async function ended(child: ScriptChild): Promise<string[]> {
  tellToEnd(child);
  return await finished(child);
}

/**
 * Sends a SIGTERM. Not by the child's own `kill()`: Deno would say of a program that ends well that
 * the signal ended it.
 *
 * @param child The program.
 */
export function tellToEnd({ pid }: ScriptChild): void {
  kill(pid, "SIGTERM");
}
