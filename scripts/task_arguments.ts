/**
 * How every task takes its arguments: `--help` tells how it is called, and a wrong word is told
 * before anything is done.
 *
 * @module
 */
import { exit } from "node:process";
import { parseArgs } from "node:util";

/**
 * Reads the arguments of a task. Ends the process where there is nothing to do: with 0 after
 * `--help`, with 2 after a word that `read` refuses.
 *
 * @param args As on the command line.
 * @param usage How the task is called.
 * @param read Throws a `TypeError` or a `RangeError` for what it does not take.
 * @returns What was read.
 */
export function readArguments<T>(
  args: readonly string[],
  usage: string,
  read: (args: string[]) => T,
): T {
  if (args.includes("--help")) {
    console.log(usage);
    exit(0);
  }
  try {
    return read([...args]);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    exit(2);
  }
}

/** For a task that takes no arguments. */
export function takeNone(args: string[]): void {
  parseArgs({ args, options: {} });
}
