/**
 * What it costs that mapped memory is copied where there are no views over it: `deno task
 * bench:copying`.
 *
 * Both ways take turns, each time in a process of its own, so that neither is compiled for the
 * other, and so that what disturbs one disturbs the other too. A Markdown table goes to standard
 * output.
 *
 * @module
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type CopyingFigures, measureCopying } from "./bench/copying_scenes.ts";
import { measureApart } from "./bench/measure_apart.ts";
import { ratioOf, spreadOf } from "./bench/statistics.ts";
import { readArguments } from "./task_arguments.ts";

const WAYS = ["viewed", "copied"] as const;

const USAGE = `deno task bench:copying [option]...

  --rounds N    rounds of each way (default 7)
  --seconds S   how long each measurement takes (default 0.5)`;

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  /** The way that this process measures, for the one that compares. */
  readonly measure: string | undefined;
}

if (import.meta.main) await main();

async function main(): Promise<void> {
  const { rounds, seconds, measure } = readArguments(Deno.args, USAGE, parseOptions);
  if (measure !== undefined) {
    console.log(JSON.stringify(await inDirectory(measure === "copied", seconds)));
    return;
  }
  const runs: Record<(typeof WAYS)[number], CopyingFigures[]> = { viewed: [], copied: [] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? WAYS : WAYS.toReversed();
    for (const way of order) {
      const args = [fileURLToPath(import.meta.url), "--measure", way, "--seconds", String(seconds)];
      runs[way].push(await measureApart(`the ${way} way`, args));
    }
  }
  console.log(formatTable(runs.viewed, runs.copied));
}

function parseOptions(args: string[]): Options {
  const { values: { measure, ...numbers } } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "7" },
      seconds: { type: "string", default: "0.5" },
      measure: { type: "string" },
    },
  });
  const [rounds, seconds] = [Number(numbers.rounds), Number(numbers.seconds)];
  if (rounds > 0 && seconds > 0) return { rounds, seconds, measure };
  throw new RangeError("Cannot run benchmark: --rounds and --seconds must be greater than 0");
}

async function inDirectory(isCopied: boolean, seconds: number): Promise<CopyingFigures> {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "streambed-copying-")));
  try {
    return await measureCopying(path, isCopied, seconds);
  } finally {
    rmSync(path, { recursive: true });
  }
}

function formatTable(
  viewed: readonly CopyingFigures[],
  copied: readonly CopyingFigures[],
): string {
  const lines = [
    "| what | through views | by copies | ratio, middle of the rounds | lowest to highest |",
    "| --- | ---: | ---: | ---: | ---: |",
  ];
  for (const { name, unit } of viewed[0] ?? []) {
    const [one, other] = [viewed, copied].map((runs) =>
      runs.map((run) => run.find((figure) => figure.name === name)!.value)
    );
    const ratio = ratioOf(other, one);
    const cells = [one, other].map((rates) => `${formatValue(spreadOf(rates).median)} ${unit}`);
    const range = `${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)}`;
    lines.push(`| ${name} | ${cells.join(" | ")} | ${ratio.median.toFixed(2)} | ${range} |`);
  }
  return lines.join("\n");
}

function formatValue(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}
