/**
 * Every runtime that the library supports, ready to run a script of this repository.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import { prepareRuntimes } from "../../scripts/runtimes/prepare.ts";
import { scriptCommand } from "../../harness/support/runtime.ts";
import { ScriptChild } from "../../harness/support/child.ts";
import type { StoreRequest } from "./store_child.ts";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const STORE_CHILD = "tests/runtimes/store_child.ts";

/** A runtime. */
export interface ReadyRuntime {
  /** Its name. */
  readonly name: string;
  /** Starts a process that does what it is told with the store in a directory. */
  useStore(path: string): StoreProcess;
}

/** All of them; leaving the scope of `await using` removes what was made for them. */
export interface AllRuntimes extends AsyncDisposable {
  /** Deno first. */
  readonly runtimes: readonly ReadyRuntime[];
}

/**
 * Prepares all runtimes.
 *
 * @returns The runtimes.
 * @throws {Error} If one cannot be installed.
 */
export async function allRuntimes(): Promise<AllRuntimes> {
  const prepared = await prepareRuntimes(REPOSITORY);
  const { directory, programs } = prepared;
  const runtimes: ReadyRuntime[] = [{
    name: "deno",
    useStore: (path) => new StoreProcess(scriptCommand(STORE_CHILD, [path]), REPOSITORY),
  }];
  const script = STORE_CHILD.replace(/\.ts$/, ".js");
  for (const [name, program] of programs) {
    const useStore = (path: string) => new StoreProcess([program, script, path], directory);
    runtimes.push({ name, useStore });
  }
  return { runtimes, [Symbol.asyncDispose]: () => prepared[Symbol.asyncDispose]() };
}

/** A process with a store; leaving the scope of `await using` kills it. */
export class StoreProcess implements AsyncDisposable {
  readonly #child: ScriptChild;

  /** Starts the process; {@linkcode ReadyRuntime.useStore} does. */
  constructor([program, ...args]: readonly [string, ...string[]], directory: string) {
    const options = { cwd: directory, env: { ...env, NO_COLOR: "1" } };
    this.#child = new ScriptChild(spawn(program, args, options));
  }

  /**
   * Asks the process for something that must work.
   *
   * @param request What.
   * @returns What it answered.
   * @throws {Error} If it was refused, or the process died.
   */
  async ask(request: StoreRequest): Promise<string> {
    const line = await this.#talk(request);
    if (line.startsWith("ok ")) return line.slice(3);
    throw new Error(`Cannot ${request.do}: the process said "${line}"`);
  }

  /**
   * Asks the process for something that must be refused.
   *
   * @param request What.
   * @returns Code and message of the error.
   * @throws {Error} If it was done, or the process died.
   */
  async askInVain(request: StoreRequest): Promise<string> {
    const line = await this.#talk(request);
    if (line.startsWith("refused ")) return line.slice(8);
    throw new Error(`Cannot see ${request.do} refused: the process said "${line}"`);
  }

  /** Kills the process, which closes nothing. */
  async kill(): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }

  /** Kills the process if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #talk(request: StoreRequest): Promise<string> {
    this.#child.say(JSON.stringify(request));
    const line = await this.#child.nextLine();
    if (line !== undefined) return line;
    const { stderr } = await this.#child.wait();
    throw new Error(`Cannot ${request.do}: the process died\n${stderr}`);
  }
}
