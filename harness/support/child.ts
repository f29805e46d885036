/**
 * A script of this repository as a child process, to be watched, fed and killed.
 *
 * Standard output is read all the time, so that a child never blocks on it, and is handed out line
 * by line. Only complete lines count: what a killed child had not finished is in `unfinishedLine`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { constants } from "node:os";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import { type RuntimeFlags, scriptCommand } from "./runtime.ts";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

/** How a script is started. */
export interface SpawnScriptOptions {
  /** Flags of the runtime; without any for Deno it allows everything. */
  readonly flags?: RuntimeFlags;
  /** Variables added to the environment of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Text for standard input, which ends after it.
   *
   * @default {""}
   */
  readonly stdin?: string;
}

/** How a child ended, and all that it said on standard error. */
export interface ScriptExit {
  /** Exit code; 128 and the signal's number when a signal ended it. */
  readonly code: number;
  /** Name of the signal that ended it, or null. */
  readonly signal: string | null;
  /** The whole of standard error. */
  readonly stderr: string;
}

/** How a script is started that is told what to do. */
export interface SpawnSpokenOptions {
  /**
   * Program with its arguments that starts the runtime instead: a tracer, a shell that sets a
   * limit.
   */
  readonly wrapper?: readonly string[];
  /** Flags of the runtime; without any for Deno it allows what this process was allowed. */
  readonly flags?: RuntimeFlags;
}

/**
 * Starts a TypeScript file of the repository with the runtime that runs the test.
 *
 * @param script Path from the repository's root, or an absolute one.
 * @param args Arguments of the script.
 * @param options Flags, environment and standard input.
 * @returns The child; leaving the scope of `await using` kills it.
 */
export function spawnScript(
  script: string,
  args: readonly string[] = [],
  options: SpawnScriptOptions = {},
): ScriptChild {
  const [program, ...words] = scriptCommand(script, args, options.flags);
  const child = spawn(program, words, {
    cwd: REPOSITORY,
    env: { ...env, NO_COLOR: "1", ...options.env },
    stdio: "pipe",
  });
  return new ScriptChild(child, options.stdin ?? "");
}

/**
 * Starts a script that is told what to do line by line.
 *
 * @param script Path from the repository's root.
 * @param args Arguments of the script.
 * @param options How.
 * @returns The child; leaving the scope of `await using` kills it.
 */
export function spawnSpoken(
  script: string,
  args: readonly string[] = [],
  { wrapper = [], flags }: SpawnSpokenOptions = {},
): ScriptChild {
  const [program, ...words] = [...wrapper, ...scriptCommand(script, args, flags)];
  return new ScriptChild(spawn(program, words, {
    cwd: REPOSITORY,
    env: { ...env, NO_COLOR: "1" },
  }));
}

/** A running script. Iterating over it gives the complete lines of its standard output. */
export class ScriptChild implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: string[] = [];
  readonly #exit: Promise<ScriptExit>;
  #unfinished = "";
  #ended = false;
  #wake: PromiseWithResolvers<void> = Promise.withResolvers();

  /**
   * Takes over a child whose three streams are pipes. Its input ends after `stdin`; without it, it
   * can be told more.
   */
  constructor(child: ChildProcessWithoutNullStreams, stdin?: string) {
    this.#child = child;
    this.#exit = this.#watchExit();
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#collect(text));
    child.stdout.on("close", () => this.#endLines());
    child.stdin.on("error", ignoreBrokenPipe);
    if (stdin !== undefined) child.stdin.end(stdin);
  }

  /** Process id. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What came after the last line feed so far. */
  get unfinishedLine(): string {
    return this.#unfinished;
  }

  /** Tells the child a line. */
  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** The next complete line without its line feed, or undefined when there will be no more. */
  async nextLine(): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#ended) await this.#wake.promise;
    return this.#lines.shift();
  }

  /**
   * Takes the next line, which is known.
   *
   * @param expected The line.
   * @throws {Error} If it is another one, or the child has ended; with what it said as it did.
   */
  async expectLine(expected: string): Promise<void> {
    const line = await this.nextLine();
    if (line === expected) return;
    const { stderr } = await this.wait();
    throw new Error(`The child says ${JSON.stringify(line)}, and not "${expected}": ${stderr}`);
  }

  /** All complete lines that nobody has taken yet, up to the end of the output. */
  async remainingLines(): Promise<string[]> {
    await this.#exit;
    return this.#lines.splice(0);
  }

  /** Iterates over the complete lines up to the end of the output. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    for (let line = await this.nextLine(); line !== undefined; line = await this.nextLine()) {
      yield line;
    }
  }

  /**
   * Sends a signal; a child that is gone already is left in peace.
   *
   * @param signal The signal.
   */
  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.#child.kill(signal);
  }

  /**
   * Kills it, and waits for its end.
   *
   * @returns The lines that nobody has taken yet.
   * @throws {assert.AssertionError} If it died of something else.
   */
  async killed(): Promise<string[]> {
    this.kill();
    const { signal, stderr } = await this.wait();
    assert.equal(signal, "SIGKILL", `The child dies of nothing else: ${stderr}`);
    return await this.remainingLines();
  }

  /** Ends its input, and waits for the end of the process and of both its outputs. */
  wait(): Promise<ScriptExit> {
    this.#child.stdin.end();
    return this.#exit;
  }

  /** Kills the child if it still runs, and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.wait();
  }

  async #watchExit(): Promise<ScriptExit> {
    let stderr = "";
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
    const { promise, resolve, reject } = Promise.withResolvers<ScriptExit>();
    this.#child.on("error", reject);
    // It comes after the end of the process and of its outputs.
    this.#child.on("close", (code, signal) => {
      const number = signal === null ? 0 : constants.signals[signal];
      resolve({ code: code ?? 128 + number, signal, stderr });
    });
    return await promise;
  }

  #collect(text: string): void {
    const parts = (this.#unfinished + text).split("\n");
    this.#unfinished = parts.pop() ?? "";
    this.#lines.push(...parts);
    this.#announce();
  }

  #endLines(): void {
    this.#ended = true;
    this.#announce();
  }

  #announce(): void {
    const wake = this.#wake;
    this.#wake = Promise.withResolvers();
    wake.resolve();
  }
}

const BROKEN_PIPE = ["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED"];

/** A child that dies without reading its input breaks the pipe; its exit says what happened. */
function ignoreBrokenPipe(error: Error & { readonly code?: string }): void {
  if (!BROKEN_PIPE.includes(error.code ?? "")) throw error;
}
