/**
 * The command line as a whole: its commands, and what its exit codes mean.
 *
 * @module
 */
import process from "node:process";
import config from "../deno.json" with { type: "json" };
import { Command, CommanderError } from "npm:commander@15.1.0";
import {
  bag,
  checkCall,
  type Door,
  door,
  list,
  PATH,
  required,
  signal,
  text,
} from "../storage/arguments/mod.ts";
import { LOG_FOLDER } from "../storage/layout/mod.ts";
import { StoreError, type WaitOptions } from "../storage/mod.ts";
import { checked } from "./arguments.ts";
import {
  ClosedPipeError,
  EXIT_DAMAGE,
  EXIT_ERROR,
  EXIT_FINE,
  EXIT_INTERRUPTED,
  EXIT_USAGE,
  InterruptedError,
  UsageError,
} from "./cli_error.ts";
import { COMMANDS } from "./commands.ts";
import { Context, type GlobalOptions } from "./context.ts";
import { addExamples } from "./examples.ts";
import { failureText } from "./failure_text.ts";
import { printable } from "./text.ts";

const DESCRIPTION =
  "Streambed: a durable log in the files of Apache RocketMQ's message store.\n\n" +
  "Data goes to standard output, notes and progress to standard error. Commands only read unless " +
  "they say that they write.";

export const RUN_DOOR: Door<[args: readonly string[], options?: WaitOptions]> = door(
  "run the command line",
  "args options",
  [required(list(text())), bag<WaitOptions>({ signal: signal() })],
);

const EXIT_CODES = `
Exit codes: 0 fine, 1 error, 2 usage, 3 damage found, 130 interrupted.
The store is that of --dir, else of STREAMBED_DIR, else the current directory.`;

/**
 * Runs a command of the command line in this process: data goes to standard output, notes and
 * errors to standard error, and the process lives on. SIGINT and SIGTERM end the command, nothing
 * else.
 *
 * @param args The arguments, without the program's own: `["--dir", "./data", "ls"]`.
 * @param options A signal, which ends the command as SIGINT does.
 * @throws {TypeError} If `args` is not a list of texts.
 * @returns The exit code: 0 fine, 1 an error (told in one line), 2 usage, 3 damage found, 130
 * interrupted.
 */
export async function run(
  args: readonly string[],
  options: WaitOptions = {},
): Promise<number> {
  checkCall(RUN_DOOR, args, options);
  const controller = new AbortController();
  const context = new Context(controller.signal);
  const interrupt = () => controller.abort(new InterruptedError());
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  if (options.signal?.aborted) interrupt();
  options.signal?.addEventListener("abort", interrupt, { once: true });
  const program = makeProgram(context);
  try {
    try {
      await program.parseAsync(args, { from: "user" });
    } finally {
      // What was printed before an error still counts.
      context.output.flush();
    }
    return context.exitCode;
  } catch (error) {
    return endWith(error, program.opts<GlobalOptions>());
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
    options.signal?.removeEventListener("abort", interrupt);
  }
}

function makeProgram(context: Context): Command {
  const program = new Command("streambed")
    .description(DESCRIPTION)
    .version(config.version, "-V, --version", "print the version")
    .option("-d, --dir <dir>", "directory of the store", checked("--dir", PATH))
    .option("--json", "data as JSON, one object a line")
    .option("-q, --quiet", "no notes and no progress")
    .option("--trust-directory", "accept a directory that others could write to")
    .option(
      "--log-directories <dirs>",
      "where the log's segments lie if not in commitlog, as a broker's storePathCommitLog: " +
        "separated by commas, or one option each",
      addDirectories,
    )
    .option("--debug", "show where an error came from")
    .addHelpText("after", EXIT_CODES)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => context.output.write(text),
      outputError: (text, write) => write(usageText(text)),
      // It would ask for variables, for which Deno wants a permission; help has no colours.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .hook("preAction", (_, command) => {
      context.options = command.optsWithGlobals<GlobalOptions>();
    })
    .exitOverride();
  for (const add of COMMANDS) add(program, context);
  addExamples(program);
  return program;
}

function addDirectories(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(",").map(checked("--log-directories", PATH))];
}

/** Commander's own words as one line of ours. */
function usageText(text: string): string {
  const words = text.trim().replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  return `streambed: Cannot run the command: ${printable(words)}; see --help\n`;
}

function endWith(error: unknown, options: GlobalOptions): number {
  if (error instanceof ClosedPipeError) return EXIT_FINE;
  if (error instanceof CommanderError) {
    // Commander has said it already; only help and version that were asked for are fine.
    return error.exitCode === 0 ? EXIT_FINE : EXIT_USAGE;
  }
  if (error instanceof InterruptedError) return EXIT_INTERRUPTED;
  process.stderr.write(`streambed: ${printable(failureText(error))}\n`);
  if (options.debug === true && error instanceof Error && error.stack !== undefined) {
    process.stderr.write(`${printable(error.stack, "\n")}\n`);
  }
  if (error instanceof UsageError) return EXIT_USAGE;
  return isDamage(error) ? EXIT_DAMAGE : EXIT_ERROR;
}

/** What `verify` calls damage, whatever came upon it: also a log that is not all there. */
function isDamage(error: unknown): boolean {
  return StoreError.is(error, "CORRUPTED") ||
    (StoreError.is(error, "UNSUPPORTED_FORMAT") && error.path === LOG_FOLDER);
}
