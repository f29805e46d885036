/**
 * What every command is given: where data and notes go, which options hold, when to end.
 *
 * @module
 */
import process from "node:process";
import pc from "npm:picocolors@1.1.1";
import { loadLibc } from "../ffi/mod.ts";
import { type Environment, systemEnvironment } from "../storage/mod.ts";
import { Output } from "./output.ts";
import { type Progress, startProgress } from "./progress.ts";
import { printable, tableLines } from "./text.ts";

/** Options of every command. */
export interface GlobalOptions {
  /** Of the store; left out unless given. */
  readonly dir?: string;
  readonly json?: boolean;
  /** No notes and no progress. */
  readonly quiet?: boolean;
  /** Accept a directory that others could write to. */
  readonly trustDirectory?: boolean;
  /** For the log's segments; left out unless given. */
  readonly logDirectories?: readonly string[];
  /** Show where an error came from. */
  readonly debug?: boolean;
}

/** What long work is given. */
export interface WorkHow extends Pick<GlobalOptions, "trustDirectory" | "logDirectories"> {
  readonly signal: AbortSignal;
  readonly onProgress: (
    progress: { readonly doneByteLength: number; readonly totalByteLength: number },
  ) => void;
}

/** Colours of words, none where they are not wanted. */
export type Colours = ReturnType<typeof pc.createColors>;

export class Context {
  readonly output: Output;
  /** Ends the command, with an `InterruptedError` as its reason. */
  readonly signal: AbortSignal;
  /** For standard output. */
  readonly colours: Colours;
  /** Whether standard output is a terminal. */
  readonly onTerminal: boolean;

  constructor(signal: AbortSignal) {
    this.signal = signal;
    this.onTerminal = process.stdout.isTTY === true;
    this.output = new Output(this.onTerminal);
    this.colours = pc.createColors(this.onTerminal && pc.isColorSupported);
  }

  /** The real world. */
  async environment(): Promise<Environment> {
    return systemEnvironment(await loadLibc());
  }

  /** The directory of the store: the option, else `STREAMBED_DIR`, else the current directory. */
  directory(options: GlobalOptions): string {
    return saidDirectory(options) ?? ".";
  }

  /** Whether an option or `STREAMBED_DIR` names the directory; a new store needs that. */
  isDirectorySaid(options: GlobalOptions): boolean {
    return saidDirectory(options) !== undefined;
  }

  /** Writes a sentence, without its end, to standard error, unless `quiet`. */
  note(text: string, options: GlobalOptions): void {
    if (options.quiet === true) return;
    process.stderr.write(`${printable(text, "\n")}\n`);
  }

  /** Shows progress if standard error is a terminal, unless `quiet`. */
  progress(title: string, options: GlobalOptions, unit: "bytes" | "steps" = "bytes"): Progress {
    return startProgress(title, process.stderr.isTTY === true && options.quiet !== true, unit);
  }

  /** Does long work under a bar; it is given what all such work takes. */
  async working<T>(
    title: string,
    options: GlobalOptions,
    work: (how: WorkHow) => Promise<T>,
  ): Promise<T> {
    const progress = this.progress(title, options);
    const { trustDirectory, logDirectories } = options;
    try {
      return await work({
        signal: this.signal,
        trustDirectory,
        logDirectories,
        onProgress: ({ doneByteLength, totalByteLength }) =>
          progress.update(doneByteLength, totalByteLength),
      });
    } finally {
      progress.stop();
    }
  }

  /** Writes rows, the head first, in columns; `right` numbers those aligned to the right. */
  table(rows: readonly (readonly string[])[], right: readonly number[]): void {
    const [head, ...lines] = tableLines(rows, right);
    this.output.line(this.colours.bold(head));
    for (const line of lines) this.output.line(line);
  }
}

function saidDirectory(options: GlobalOptions): string | undefined {
  // An empty variable counts as unset.
  return options.dir ?? (process.env.STREAMBED_DIR || undefined);
}
