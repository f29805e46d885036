/**
 * The command line as a child process.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** Path of the program. */
export const PROGRAM: string = fileURLToPath(
  new URL("../../scripts/streambed.ts", import.meta.url),
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
}

/** Starts a command whose three streams are pipes. */
export function spawnCli(args: readonly string[], options: CliOptions = {}): Deno.ChildProcess {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", PROGRAM, ...args],
    env: { NO_COLOR: "1", STREAMBED_DIR: "", ...options.env },
    cwd: options.cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  return command.spawn();
}

/** Runs a command to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const child = spawnCli(args, options);
  const writer = child.stdin.getWriter();
  const { input = "" } = options;
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  // A command that ends without reading breaks the pipe, which says nothing about it.
  const fed = writer.write(bytes).then(() => writer.close()).catch(() => {});
  const output = await child.output();
  await fed;
  const decoder = new TextDecoder();
  return {
    code: output.code,
    out: decoder.decode(output.stdout),
    bytes: output.stdout,
    err: decoder.decode(output.stderr),
  };
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
  readonly #reader: ReadableStreamDefaultReader<string>;

  /** Takes over the output of a child. */
  constructor(child: Deno.ChildProcess) {
    this.#reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads until the text is as wanted; fails if it ends before. */
  async until(isEnough: (text: string) => boolean): Promise<string> {
    while (!isEnough(this.text)) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`Cannot read on: the output ended with ${this.text.slice(-200)}`);
      this.text += value;
    }
    return this.text;
  }

  /** Reads to the end. */
  async rest(): Promise<string> {
    for (let part = await this.#reader.read(); !part.done; part = await this.#reader.read()) {
      this.text += part.value;
    }
    return this.text;
  }
}
