/**
 * `streambed bench`: this machine's figures, measured beside the store's directory.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Command } from "npm:commander@15.1.0";
import { wholeNumber } from "./arguments.ts";
import { type BenchOptions, type BenchResult, measure } from "./bench.ts";
import { CommandError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { lengthText } from "./text.ts";

export function addBench(program: Command, context: Context): void {
  program.command("bench")
    .description("measure appends, flushes and reads in a temporary directory beside the store's")
    .option(
      "--messages <count>",
      "messages of a round",
      wholeNumber("a count", 1, 10_000_000),
      20_000,
    )
    .option("--body <bytes>", "length of a body", wholeNumber("a length", 0, 4 * 1024 * 1024), 1024)
    .option(
      "--rounds <count>",
      "how often each thing is measured",
      wholeNumber("a count", 1, 100),
      5,
    )
    .action(async (options: BenchOptions) => {
      const results = await bench(context, options);
      const { messages, body, rounds } = options;
      context.result({ messages, body, rounds, results }, () => print(context, results, body));
    });
}

async function bench(context: Context, options: BenchOptions): Promise<BenchResult[]> {
  const path = await makeTemporary(dirname(resolve(context.directory)));
  try {
    return await measure(context, path, options);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function makeTemporary(parent: string): Promise<string> {
  try {
    return await mkdtemp(join(parent, ".streambed-bench-"));
  } catch (error) {
    const { code } = error as { code?: string };
    throw new CommandError(
      `Cannot make a temporary directory in ${JSON.stringify(parent)}: ${code}; name another --dir`,
      { cause: error },
    );
  }
}

function print(
  context: Context,
  results: readonly BenchResult[],
  bodyByteLength: number,
): void {
  const head = ["", "MESSAGES/S", "FROM", "TO", "BODIES/S", "MINOR FAULTS", "MAJOR FAULTS"];
  const rows = results.map((result) => [
    result.name,
    ...[result.median, ...result.range].map((rate) => Math.round(rate).toLocaleString("en")),
    `${lengthText(result.median * bodyByteLength)}`,
    String(result.minorFaults),
    String(result.majorFaults),
  ]);
  context.table([head, ...rows], [1, 2, 3, 4, 5, 6]);
}
