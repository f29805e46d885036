/**
 * The command line as a child process.
 *
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { buffer, text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type RuntimeFlags, scriptCommand } from "../../harness/support/runtime.ts";

/** Path of the program. */
export const PROGRAM: string = fileURLToPath(
  new URL("../../cli/main.ts", import.meta.url),
);

/** How a command ended. */
export interface CliResult {
  /** Exit code. */
  readonly code: number;
  /** Standard output as text. */
  readonly out: string;
  /** Standard output as bytes. */
  readonly bytes: Uint8Array;
  /** Standard error. */
  readonly err: string;
}

/** What a command is given. */
export interface CliOptions {
  /** Standard input. */
  readonly input?: string | Uint8Array;
  /** Variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Current directory. */
  readonly cwd?: string;
  /** Flags of the runtime. */
  readonly flags?: RuntimeFlags;
}

/** A command that runs, with its three streams as pipes. */
export type CliChild = ChildProcessWithoutNullStreams & {
  /** Exit code, or null if a signal ended it. */
  readonly exited: Promise<number | null>;
};

/** Starts a command. */
export function spawnCli(args: readonly string[], options: CliOptions = {}): CliChild {
  const [program, ...words] = scriptCommand(PROGRAM, args, options.flags);
  // As people have it: what is set may keep a program from asking for more.
  const { NO_COLOR: _, ...env } = process.env;
  const child = spawn(program, words, {
    env: { ...env, STREAMBED_DIR: "", ...options.env },
    cwd: options.cwd,
    stdio: "pipe",
  });
  // A command that ends without reading breaks the pipe, which says nothing about it.
  child.stdin.on("error", () => {});
  return Object.assign(child, { exited: once(child, "exit").then(([code]) => code) });
}

/**
 * Interrupts a command. Of a child that was signalled through `kill()` Deno does not tell the exit
 * code.
 */
export function interrupt(child: CliChild): void {
  process.kill(child.pid!, "SIGINT");
}

/** Runs a command to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const child = spawnCli(args, options);
  child.stdin.end(options.input ?? "");
  const [code, bytes, err] = await Promise.all([
    child.exited,
    buffer(child.stdout),
    text(child.stderr),
  ]);
  return { code: code ?? -1, out: new TextDecoder().decode(bytes), bytes, err };
}

/** The lines of a text. */
export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** The objects of JSON lines. */
export function objectsOf(text: string): Record<string, unknown>[] {
  return linesOf(text).map((line) => JSON.parse(line));
}

/** A child's standard output as text, read piece by piece. */
export class TextOutput {
  /** What was read so far. */
  text = "";
  readonly #pieces: AsyncIterator<string>;

  /** Takes over the output of a child. */
  constructor(child: CliChild) {
    this.#pieces = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
  }

  /** Reads until the text is as wanted; fails if it ends before. */
  async until(isEnough: (text: string) => boolean): Promise<string> {
    while (!isEnough(this.text)) {
      const { value, done } = await this.#pieces.next();
      if (done) throw new Error(`Cannot read on: the output ended with ${this.text.slice(-200)}`);
      this.text += value;
    }
    return this.text;
  }

  /** Reads to the end. */
  async rest(): Promise<string> {
    for (let part = await this.#pieces.next(); !part.done; part = await this.#pieces.next()) {
      this.text += part.value;
    }
    return this.text;
  }
}
