/**
 * Puts the figures of a run into the documentation: `deno task bench:figures RUN.json`.
 *
 * The tables go into `docs/performance.md`, between the two marks that are there, the run itself
 * beside it, as JSON, so that they can be made again. The chart, `docs/performance.svg`, and the
 * table of `README.md` are of the run of `deno task bench`.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CHARTED, drawChart } from "./bench/chart.ts";
import { formatRun } from "./bench/markdown.ts";
import { formatComparison } from "./bench/comparison.ts";
import type { Run } from "./bench/run.ts";
import { readArguments } from "./task_arguments.ts";

const DOCS = fileURLToPath(new URL("../docs", import.meta.url));
const README = fileURLToPath(new URL("../README.md", import.meta.url));
const CONFIGURATION = fileURLToPath(new URL("../deno.json", import.meta.url));

const README_MARKS = [
  "<!-- table of deno task bench -->",
  "<!-- end of the table of deno task bench -->",
] as const;

const USAGE = `deno task bench:figures [option]... RUN.json

  RUN.json    what deno task bench --json has printed
  --scale     it is a run of deno task bench:scale
  --docs DIR  the folder of performance.md (default docs)
  --readme FILE  the page with a table of it (default README.md)`;

interface Options {
  readonly path: string;
  readonly docs: string;
  readonly readme: string;
  readonly isScale: boolean;
}

if (import.meta.main) main(readArguments(Deno.args, USAGE, parseOptions));

function parseOptions(args: string[]): Options {
  const { values: { docs, readme, scale }, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      docs: { type: "string", default: DOCS },
      readme: { type: "string", default: README },
      scale: { type: "boolean", default: false },
    },
  });
  const [path] = positionals;
  if (positionals.length !== 1) throw new TypeError("Cannot show figures: give one file of a run");
  return { path, docs, readme, isScale: scale };
}

function main({ path, docs, readme, isScale }: Options): void {
  const run: Run = JSON.parse(readFileSync(path, "utf8"));
  const page = join(docs, "performance.md");
  const source = join(docs, isScale ? "performance_scale.json" : "performance.json");
  insert(page, formatRun(run), marksOf(isScale));
  writeFileSync(source, `${JSON.stringify(run, null, 2)}\n`);
  if (!isScale) {
    writeFileSync(join(docs, "performance.svg"), drawChart(run, CHARTED));
    insert(readme, formatComparison(run), README_MARKS);
  }
  const { success } = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--config", CONFIGURATION, page, source, ...(isScale ? [] : [readme])],
  }).outputSync();
  if (!success) throw new Error("Cannot format figures: deno fmt failed");
}

/** Around the tables of a run; what stands between is made by this program alone. */
function marksOf(isScale: boolean): readonly [string, string] {
  const task = `deno task bench${isScale ? ":scale" : ""}`;
  return [`<!-- figures of ${task} -->`, `<!-- end of the figures of ${task} -->`];
}

function insert(
  page: string,
  figures: string,
  [first, last]: readonly [string, string],
): void {
  const text = readFileSync(page, "utf8");
  const [from, to] = [text.indexOf(first), text.indexOf(last)];
  if (from === -1 || to < from) {
    throw new Error(`Cannot show figures: ${basename(page)} lacks "${first}" or "${last}"`);
  }
  const before = text.slice(0, from + first.length);
  writeFileSync(page, `${before}\n\n${figures}\n\n${text.slice(to)}`);
}
