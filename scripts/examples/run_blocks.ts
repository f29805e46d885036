/**
 * Runs every block of code that users read, and tells what was run, what was not, and why not.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { addCounts, type Counts, FAILED, NOTHING, PASSED } from "../gate/counts.ts";
import { typeChecks } from "./check_types.ts";
import type { Block } from "./find_blocks.ts";
import { readBlocks } from "./read_blocks.ts";
import { type Finding, type Job, programRuns } from "./run_programs.ts";
import { askTasks, runScript, type ScriptContext } from "./run_scripts.ts";
import { report } from "./report.ts";
import { type Remark, sortBlocks, type SortedBlocks } from "./sort_blocks.ts";
import { openWorkshop } from "./workshop.ts";

/** What is asked for. */
export interface BlocksRequest {
  /** Root of the project. */
  readonly root: string;
  /** Only blocks of these pages; none means all. */
  readonly paths: readonly string[];
}

const HOW = `Each block runs as printed, in a fresh folder and a process of its own. What installs
the package gets it from a registry on this machine, which is not the published one: npm and Bun get
the packed archive, Deno what would be published to JSR.`;

/**
 * Runs the blocks.
 *
 * @param request Which.
 * @param tell Told what people should see, line by line.
 * @returns The counts: a run, a command and a check of types are one each; what is not run is
 * skipped. Nothing where there are no blocks.
 * @throws {TypeError} If a page that was asked for has none.
 */
export async function runBlocks(
  { root, paths }: BlocksRequest,
  tell: (text: string) => void,
): Promise<Counts> {
  const all = await readBlocks(root);
  const sorted = sortBlocks(
    paths.length === 0 ? all : paths.flatMap((path) => blocksOf(all, path)),
  );
  const findings = sorted.problems.map(wrongBlock);
  if (sorted.programs.length + sorted.scripts.length > 0) {
    tell(HOW);
    await using workshop = await openWorkshop(root);
    const named = firstOfEach(sortBlocks(all).programs);
    const context = { workshop, programs: named, taskHelp: askTasks(root) };
    findings.push(...await inTurns(jobsFor(context, sorted)));
  }
  for (const line of report(findings, sorted.shown)) tell(line);
  return findings.map(countOf).reduce(addCounts, NOTHING);
}

function blocksOf(blocks: readonly Block[], path: string): Block[] {
  const found = blocks.filter(({ file }) => file === path);
  if (found.length > 0) return found;
  const pages = [...new Set(blocks.map(({ file }) => file))].join(", ");
  throw new TypeError(`Cannot run the blocks of "${path}": it has none; there are ${pages}`);
}

/** What takes longest comes first. */
function jobsFor(context: ScriptContext, { programs, scripts }: SortedBlocks): Job[] {
  const { workshop } = context;
  return [
    ...programs.length === 0 ? [] : typeChecks(workshop, programs),
    ...scripts.map((script) => () => runScript(context, script)),
    ...programs.flatMap((block) => programRuns(workshop, block)),
  ];
}

function wrongBlock({ block: { file, line, language }, reason }: Remark): Finding {
  return { file, line, what: `block "${language}"`, problem: reason };
}

/** The first program of each language: what README.md means by `a.ts` and `a.mjs`. */
function firstOfEach(programs: readonly Block[]): Block[] {
  return [...Map.groupBy(programs, ({ language }) => language).values()].map(([first]) => first);
}

/** As many at once as there are processors; where one cannot be done, all have ended. */
async function inTurns(jobs: readonly Job[]): Promise<Finding[]> {
  const waiting = [...jobs];
  const ends: PromiseSettledResult<Finding[]>[] = [];
  await Promise.all(Array.from({ length: availableParallelism() }, async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      ends.push(...await Promise.allSettled([job()]));
    }
  }));
  return ends.flatMap((end) => {
    if (end.status === "rejected") throw end.reason;
    return end.value;
  });
}

function countOf({ problem, reason }: Finding): Counts {
  if (problem !== undefined) return FAILED;
  return reason === undefined ? PASSED : { ...NOTHING, skipped: 1 };
}
