/**
 * Sets every byte of every file of a small store to every other value, and looks what a reader and
 * a writer make of it: `deno task flip --all`.
 *
 * A process that says nothing for ten minutes hangs, and is counted. After Ctrl-C it tells how far
 * it came.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { addReport, type FlipReport, newReport, type Tally } from "../../harness/content/flips.ts";
import { plantBug, PLANTS } from "../../harness/content/plants.ts";
import { type Part, runPart } from "./flip/part.ts";
import { printReport } from "./flip/print.ts";
import { watchChild } from "./flip/watched_child.ts";
import { readArguments } from "../task_arguments.ts";

const USAGE = `deno task flip [option]...

  --all          every byte, 255 values each for readers, every bit for writers; else a sample
  --sample N     flips of each file (default 40)
  --seed N       repeats a sample (default 1)
  --jobs N       processes (default 2)
  --meaningful   leave out the zeros that fill files
  --first        each process of a sample ends at the first failure
  --plant NAME   in a copy of the source with a bug, which the flips must catch:
                 ${Object.keys(PLANTS).join(", ")}`;

const OPTIONS = {
  all: { type: "boolean", default: false },
  meaningful: { type: "boolean", default: false },
  first: { type: "boolean", default: false },
  sample: { type: "string", default: "40" },
  seed: { type: "string", default: "1" },
  jobs: { type: "string", default: "2" },
  part: { type: "string" },
  plant: { type: "string" },
} as const;

const values = readArguments(
  Deno.args,
  USAGE,
  (args) => parseArgs({ args, options: OPTIONS }).values,
);

if (import.meta.main) Deno.exit(await main());

async function main(): Promise<number> {
  if (values.part !== undefined) {
    const [number, of] = values.part.split("/").map(Number);
    await runPart({ ...task(), number, of });
    return 0;
  }
  if (values.plant !== undefined) return await runPlanted(values.plant);
  const started = performance.now();
  const jobs = Number(values.jobs);
  const report = newReport();
  Deno.addSignalListener("SIGINT", () => {
    report.failures.push("it was stopped before the end");
    Deno.exit(printReport(report, performance.now() - started));
  });
  const parts = Array.from({ length: jobs }, (_, number) => `${number}/${jobs}`);
  await Promise.all(parts.map((part) => runChild(part, report)));
  return printReport(report, performance.now() - started);
}

function task(): Omit<Part, "number" | "of"> {
  const { all, meaningful, first } = values;
  return { all, meaningful, first, sample: Number(values.sample), seed: Number(values.seed) };
}

/** The other options, for a child. */
function options(): string[] {
  const { all, meaningful, first, sample, seed } = task();
  return [
    ...all ? ["--all"] : [],
    ...meaningful ? ["--meaningful"] : [],
    ...first ? ["--first"] : [],
    `--sample=${sample}`,
    `--seed=${seed}`,
  ];
}

async function runChild(part: string, report: FlipReport): Promise<void> {
  const args = ["run", "--quiet", "-A", import.meta.filename!, ...options(), `--part=${part}`];
  const failure = await watchChild(args, (line) => {
    const { tallies, failures } = JSON.parse(line) as {
      tallies: [string, Tally][];
      failures: string[];
    };
    addReport(report, { tallies: new Map(tallies), failures });
  });
  if (failure !== undefined) report.failures.push(`part ${part}: ${failure}`);
}

/** Runs the same in a copy with a bug; fine is what finds it. */
async function runPlanted(name: string): Promise<number> {
  const copy = mkdtempSync(join(tmpdir(), "streambed-plant-"));
  try {
    plantBug(name, copy);
    const script = join(copy, "scripts/proof/flip.ts");
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", script, ...options(), `--jobs=${values.jobs}`],
      cwd: copy,
      stderr: "inherit",
    }).output();
    console.log(new TextDecoder().decode(stdout).trimEnd());
    console.log(code === 1 ? `${name} is caught` : `${name} lives (exit code ${code})`);
    return code === 1 ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
