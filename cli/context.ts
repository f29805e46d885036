/**
 * What every command is given: where data and notes go, which options hold, when to end.
 *
 * @module
 */
import process from "node:process";
import { loadLibc } from "../ffi/mod.ts";
import { FLAG_COMPRESSED, stillCompressed } from "../storage/layout/mod.ts";
import { type Environment, type StoredMessage, systemEnvironment } from "../storage/mod.ts";
import { EXIT_FINE } from "./cli_error.ts";
import { type Colours, makeColours } from "./colours.ts";
import { Output } from "./output.ts";
import { Progress } from "./progress.ts";
import { leaveOut, tableLines } from "./table.ts";
import { printable } from "./text.ts";

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

export class Context {
  readonly output: Output;
  /** Ends the command, with an `InterruptedError` as its reason. */
  readonly signal: AbortSignal;
  /** For standard output. */
  readonly colours: Colours;
  /** Whether standard output is a terminal. */
  readonly onTerminal: boolean;

  /** Columns of the terminal; without one nothing has to fit. */
  readonly columnCount: number;

  /** Those of the command that runs. */
  options: GlobalOptions = {};
  #hasNotedCompressed = false;
  /** What the program ends with, unless the command throws. */
  exitCode: number = EXIT_FINE;

  constructor(signal: AbortSignal) {
    this.signal = signal;
    this.onTerminal = process.stdout.isTTY === true;
    // A terminal that does not know has none.
    this.columnCount = (this.onTerminal && process.stdout.columns) || Infinity;
    this.output = new Output(this.onTerminal);
    this.colours = makeColours(this.onTerminal);
  }

  /** The real world. */
  async environment(): Promise<Environment> {
    return systemEnvironment(await loadLibc());
  }

  /** The option, else `STREAMBED_DIR`; a new store needs one of them. */
  get saidDirectory(): string | undefined {
    // An empty variable counts as unset.
    return this.options.dir ?? (process.env.STREAMBED_DIR || undefined);
  }

  /** The directory of the store, else the current one. */
  get directory(): string {
    return this.saidDirectory ?? ".";
  }

  /** Writes a sentence, without its end, to standard error, unless `quiet`. */
  note(text: string): void {
    if (this.options.quiet === true) return;
    process.stderr.write(`${printable(text, "\n")}\n`);
  }

  /** Tells, once, of a body that is handed out compressed, and what to do. */
  noteCompressed({ position, sysFlag }: StoredMessage): void {
    if (this.#hasNotedCompressed || (sysFlag & FLAG_COMPRESSED) === 0) return;
    this.#hasNotedCompressed = true;
    this.note(
      `note: the body at position ${position} stays compressed: ${stillCompressed(sysFlag)}`,
    );
  }

  /** Starts to show progress if standard error is a terminal, unless `quiet`, or not `isWanted`. */
  progress(title: string, unit: "bytes" | "steps" = "bytes", isWanted: boolean = true): Progress {
    const isShown = isWanted && process.stderr.isTTY === true && this.options.quiet !== true;
    return new Progress(title, isShown, unit);
  }

  /** Does long work under a bar; it is given what all such work takes. */
  async working<T>(title: string, work: (how: WorkHow) => Promise<T>): Promise<T> {
    const progress = this.progress(title);
    const { trustDirectory, logDirectories } = this.options;
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

  /** Writes what a command found: as JSON if that is wanted, else as `print` does. */
  result(found: unknown, print: () => void): void {
    if (this.options.json === true) this.output.json(found);
    else print();
  }

  /**
   * Writes what a command lists: as JSON one object a line, else as a table, or `none` as a note if
   * that is empty; `right` numbers the columns of `head` that are aligned to the right, `spare`
   * those that a narrow terminal goes without, the first of them first.
   */
  list<T>(
    found: readonly T[],
    { head, row, right, spare = [], none }: {
      readonly none: string;
      readonly head: readonly string[];
      readonly row: (one: T) => readonly string[];
      readonly right: readonly number[];
      readonly spare?: readonly number[];
    },
  ): void {
    if (this.options.json === true) return found.forEach((one) => this.output.json(one));
    if (found.length === 0) return this.note(none);
    const width = this.columnCount;
    const narrow = leaveOut([head, ...found.map(row)], { right, spare, width });
    this.table(narrow.rows, narrow.right);
  }

  /**
   * Writes rows, the head first, in columns; `right` numbers those aligned to the right, which are
   * never cut.
   */
  table(rows: readonly (readonly string[])[], right: readonly number[]): void {
    const [head, ...lines] = tableLines(rows, right, this.columnCount);
    this.output.line(this.colours.bold(head));
    for (const line of lines) this.output.line(line);
  }
}
