/**
 * A script of this repository as a child process that is told what to do line by line, again and
 * again.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { env } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type RuntimeFlags, scriptCommand } from "./runtime.ts";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

/** How a child ended. */
export interface SpokenExit {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  /** Name of the signal that ended it, or null. */
  readonly signal: string | null;
  /** All that it said on standard error. */
  readonly stderr: string;
}

/** How a script is started. */
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
 * Starts a script.
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
): SpokenChild {
  const [program, ...words] = [...wrapper, ...scriptCommand(script, args, flags)];
  const options = { cwd: REPOSITORY, env: { ...env, NO_COLOR: "1" } };
  return new SpokenChild(spawn(program, words, options));
}

/** A running script. */
export class SpokenChild implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #exit: Promise<SpokenExit>;
  #isOver = false;
  #wake: PromiseWithResolvers<void> = Promise.withResolvers();

  /** Takes over a child whose three streams are pipes. */
  constructor(child: ChildProcess) {
    this.#child = child;
    let stderr = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => stderr += text);
    // A child that is gone breaks the pipe; its exit says what happened.
    child.stdin!.on("error", () => {});
    createInterface({ input: child.stdout! })
      .on("line", (line) => this.#add(line))
      .on("close", () => this.#finish());
    this.#exit = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve({ code, signal, stderr }));
    });
  }

  /** Process id. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Tells the child a line. */
  say(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** The next line, or undefined when there will be no more. */
  async nextLine(): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#isOver) await this.#wake.promise;
    return this.#lines.shift();
  }

  /** Sends a signal. */
  kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): void {
    this.#child.kill(signal);
  }

  /** Waits for the end of the process. */
  wait(): Promise<SpokenExit> {
    this.#child.stdin!.end();
    return this.#exit;
  }

  /** Kills the child if it still runs, and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.wait();
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#announce();
  }

  #finish(): void {
    this.#isOver = true;
    this.#announce();
  }

  #announce(): void {
    const wake = this.#wake;
    this.#wake = Promise.withResolvers();
    wake.resolve();
  }
}
