/**
 * A script of this repository as a child process, to be watched, fed and killed.
 *
 * Standard output is read all the time, so that a child never blocks on it, and is handed out line by
 * line. Only complete lines count: what a killed child had not finished is in `unfinishedLine`.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

/** How a script is started. */
export interface SpawnScriptOptions {
  /**
   * Flags of `deno run`.
   *
   * @default {["-A"]}
   */
  readonly flags?: readonly string[];
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

/**
 * Starts a TypeScript file of the repository with the Deno that runs the test.
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
  const flags = options.flags ?? ["-A"];
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...flags, script, ...args],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  return new ScriptChild(command.spawn(), options.stdin ?? "");
}

/** A running script. Iterating over it gives the complete lines of its standard output. */
export class ScriptChild implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: string[] = [];
  readonly #stderr: Promise<string>;
  readonly #stdoutEnd: Promise<void>;
  #unfinished = "";
  #ended = false;
  #wake: PromiseWithResolvers<void> = Promise.withResolvers();

  /** Takes over a child whose three streams are pipes; {@linkcode spawnScript} makes one. */
  constructor(child: Deno.ChildProcess, stdin: string) {
    this.#child = child;
    this.#stderr = new Response(child.stderr).text();
    this.#stdoutEnd = this.#collectLines();
    void feed(child.stdin, stdin);
  }

  /** Process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** What came after the last line feed so far. */
  get unfinishedLine(): string {
    return this.#unfinished;
  }

  /** The next complete line without its line feed, or undefined when there will be no more. */
  async nextLine(): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#ended) await this.#wake.promise;
    return this.#lines.shift();
  }

  /** All complete lines that nobody has taken yet, up to the end of the output. */
  async remainingLines(): Promise<string[]> {
    await this.#stdoutEnd;
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
  kill(signal: Deno.Signal = "SIGKILL"): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Waits for the end of the process and of both its outputs. */
  async wait(): Promise<ScriptExit> {
    const [status, stderr] = await Promise.all([
      this.#child.status,
      this.#stderr,
      this.#stdoutEnd,
    ]);
    return { code: status.code, signal: status.signal, stderr };
  }

  /** Kills the child if it still runs, and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.wait();
  }

  async #collectLines(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (this.#unfinished + text).split("\n");
      this.#unfinished = parts.pop() ?? "";
      this.#lines.push(...parts);
      this.#announce();
    }
    this.#ended = true;
    this.#announce();
  }

  #announce(): void {
    const wake = this.#wake;
    this.#wake = Promise.withResolvers();
    wake.resolve();
  }
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // A child that dies without reading its input breaks the pipe; its exit says what happened.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
