/**
 * Runs histories in this process, and tells what broke.
 *
 * @module
 */
import { Choices } from "../../harness/simulation/machine/choices.ts";
import { corpusCases } from "../../harness/simulation/explore/corpus.ts";
import { nameInvariant } from "../../harness/simulation/history/invariants.ts";
import { shrink } from "../../harness/simulation/explore/shrink.ts";
import {
  failureCases,
  randomCases,
  scarcityCases,
  scriptedCases,
  type SimCase,
  sweepCases,
  type WritePath,
} from "../../harness/simulation/explore/store_explorers.ts";
import {
  storeHistory,
  type StoreHistoryOptions,
} from "../../harness/simulation/history/store_history.ts";
import { libcBug } from "../../harness/simulation/mutants/store_mutants.ts";
import {
  newTally,
  type StoreTally,
  tallyLines,
} from "../../harness/simulation/history/store_tally.ts";
import { WORKLOADS } from "../../harness/simulation/history/store_workloads.ts";
import { reportOf } from "./report.ts";
import type { SimTask } from "./task.ts";

/** Calls that are told: of those long before the end only what they were for. */
const TOLD_CALLS_MAX = 400;
const CALL = /^\d+ process /;

/**
 * Runs the histories of a task, or its part of them.
 *
 * @param task What to do.
 * @returns 0 if every promise held, 1 if not, 2 if there is no such place.
 */
export async function runTask(task: SimTask): Promise<number> {
  const started = performance.now();
  const tally = newTally();
  const options: StoreHistoryOptions = {
    tally,
    ...task.bug !== undefined && { bug: libcBug(task.bug) },
  };
  const { brokenCount, caseCount } = await runCases(task, options);
  if (task.place !== undefined && caseCount === 0) {
    const place = JSON.stringify(task.place);
    console.error(
      `Cannot repeat ${place}: this explorer does not come there; give the arguments that told it`,
    );
    return 2;
  }
  tellEnd(task, tally, brokenCount, performance.now() - started);
  return brokenCount === 0 ? 0 : 1;
}

interface Counts {
  readonly brokenCount: number;
  readonly caseCount: number;
}

async function runCases(task: SimTask, options: StoreHistoryOptions): Promise<Counts> {
  const [part, parts] = task.part;
  let brokenCount = 0;
  let caseCount = 0;
  let number = 0;
  for await (const one of casesOf(task)) {
    if (number++ % parts !== part) continue;
    if (task.place !== undefined && one.place !== task.place) continue;
    caseCount++;
    const choices = new Choices(one.source);
    const broken = await storeHistory(choices, { ...options, ...one.options });
    if (task.place !== undefined) await tell(one, options);
    if (broken === undefined) continue;
    brokenCount++;
    console.log(`${one.place}: ${nameInvariant(broken)}`);
    if (task.shrinks && task.place === undefined) await tellWhole(one, choices.tape, options);
    if (!task.keepGoing) break;
  }
  return { brokenCount, caseCount };
}

async function* casesOf(task: SimTask): AsyncGenerator<SimCase> {
  const { explorer, seeds, errors, tape } = task;
  if (explorer === "corpus") return yield* corpusCases();
  for (const writePath of task.paths) {
    const options = {
      ...writePath !== undefined && { writePath },
      ...errors !== undefined && { errors },
    };
    if (tape !== undefined) yield { place: "tape", source: tape, options };
    else if (explorer === "random") yield* randomCases(seeds[0], seeds[1], options);
    else yield* writtenCases(task, writePath!);
  }
}

async function* writtenCases(task: SimTask, writePath: WritePath): AsyncGenerator<SimCase> {
  const { explorer, seeds, stride, ends } = task;
  const script = WORKLOADS[task.workload];
  if (explorer === "workload") return yield* scriptedCases(script, seeds, [writePath]);
  for (let seed = seeds[0]; seed <= seeds[1]; seed++) {
    const bug = task.bug === undefined ? undefined : libcBug(task.bug);
    const places = { script, writePath, seed, stride, ...bug !== undefined && { bug } };
    if (explorer === "sweep") yield* await sweepCases({ ...places, ends });
    else {
      yield* await failureCases(places);
      yield* scarcityCases(places);
    }
  }
}

/**
 * Tells a failing history as short as it will go; one that is written down has nothing to shorten
 * but its chances.
 */
async function tellWhole(
  one: SimCase,
  tape: readonly number[],
  options: StoreHistoryOptions,
): Promise<void> {
  const quiet = { ...options, ...one.options, tally: newTally() };
  const shrunk = await shrink(tape, (choices) => storeHistory(choices, quiet));
  // Behind its end all is zero, so an empty one is a zero.
  console.log(`tape ${String(shrunk.tape) || "0"} (${shrunk.runCount} runs)`);
  await tell({ ...one, source: shrunk.tape }, options);
}

/** Repeats a history and tells every event. */
async function tell(one: SimCase, options: StoreHistoryOptions): Promise<void> {
  const trace: string[] = [];
  const told = { ...options, ...one.options, tally: newTally(), trace };
  const broken = await storeHistory(new Choices(one.source), told);
  const first = trace.length - TOLD_CALLS_MAX;
  const shown = trace.filter((line, at) => at >= first || !CALL.test(line));
  if (shown.length < trace.length) console.log(`  without ${trace.length - shown.length} calls`);
  console.log(shown.map((line) => `  ${line}`).join("\n"));
  console.log(broken === undefined ? "every promise holds" : nameInvariant(broken));
}

function tellEnd(task: SimTask, tally: StoreTally, brokenCount: number, ms: number): void {
  if (task.reports) return console.log(reportOf({ tally, brokenCount }));
  for (const line of tallyLines(tally, ms)) console.log(line);
  console.log(`${brokenCount} broken`);
}
