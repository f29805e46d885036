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
import { printable } from "./text.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  /** Directory of the store, if it was said. */
  readonly dir?: string;
  /** Data as JSON. */
  readonly json?: boolean;
  /** No notes and no progress. */
  readonly quiet?: boolean;
  /** Accept a directory that others could write to. */
  readonly trustDirectory?: boolean;
  /** Directories that hold the log's segments, if they were said. */
  readonly logDirectories?: readonly string[];
  /** Show where an error came from. */
  readonly debug?: boolean;
}

/** Colours of words, none where they are not wanted. */
export type Colours = ReturnType<typeof pc.createColors>;

/** What a command works with. */
export class Context {
  /** Where data goes. */
  readonly output: Output;
  /** Ends the command, with an `InterruptedError` as its reason. */
  readonly signal: AbortSignal;
  /** Colours for standard output. */
  readonly colours: Colours;
  /** Whether somebody looks at standard output. */
  readonly onTerminal: boolean;

  /**
   * Makes the context of one command.
   *
   * @param signal Ends the command.
   */
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

  /**
   * The directory of the store.
   *
   * @param options The command's options.
   * @returns What was said, else `STREAMBED_DIR`, else the current directory.
   */
  directory(options: GlobalOptions): string {
    return saidDirectory(options) ?? ".";
  }

  /**
   * Whether somebody said which directory is meant. A store is only made where that is so.
   *
   * @param options The command's options.
   * @returns Whether the directory is not just the current one.
   */
  isDirectorySaid(options: GlobalOptions): boolean {
    return saidDirectory(options) !== undefined;
  }

  /**
   * Tells something on standard error.
   *
   * @param text A sentence, without its end.
   * @param options The command's options; `quiet` keeps it back.
   */
  note(text: string, options: GlobalOptions): void {
    if (options.quiet === true) return;
    process.stderr.write(`${printable(text, "\n")}\n`);
  }

  /**
   * Shows how far a command is, where somebody looks.
   *
   * @param title What is being done.
   * @param options The command's options; `quiet` keeps it back.
   * @param unit What is counted.
   * @returns The progress.
   */
  progress(title: string, options: GlobalOptions, unit: "bytes" | "steps" = "bytes"): Progress {
    return startProgress(title, process.stderr.isTTY === true && options.quiet !== true, unit);
  }
}

function saidDirectory(options: GlobalOptions): string | undefined {
  // An empty variable is as good as none.
  return options.dir ?? (process.env.STREAMBED_DIR || undefined);
}
