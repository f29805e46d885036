/**
 * Runs histories of the real store in a simulated machine: `deno task sim --seeds 1..1000`.
 *
 * Options: `--seeds FROM..TO` (inclusive; 1..1000), `--path staged|mapped|both` (drawn per history), `--errors` (calls fail in every
 * history), `--no-errors` (in none), `--tape 1,2,3` (repeats one history and tells it), `--keep-going` (does not stop at
 * the first broken promise), `--no-shrink`, `--bug NAME` (plants a bug of `tests/simulation/store_bugs.ts`).
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Choices } from "../tests/simulation/choices.ts";
import { shrink } from "../tests/simulation/shrink.ts";
import { STORE_BUGS, type StoreBug } from "../tests/simulation/store_bugs.ts";
import {
  newTally,
  storeHistory,
  type StoreHistoryOptions,
  type StoreTally,
} from "../tests/simulation/store_history.ts";

/** What the task is told. */
interface SimTask {
  readonly from: number;
  readonly to: number;
  readonly paths: readonly ("staged" | "mapped" | undefined)[];
  readonly errors: boolean | undefined;
  readonly tape: readonly number[] | undefined;
  readonly bug: StoreBug | undefined;
  readonly keepGoing: boolean;
  readonly shrinks: boolean;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const task = readTask(args);
  const started = performance.now();
  const tally = newTally();
  const brokenCount = await runAll(task, tally);
  printTally(tally, performance.now() - started);
  console.log(`${brokenCount} histories with a broken promise`);
  return brokenCount === 0 ? 0 : 1;
}

async function runAll(task: SimTask, tally: StoreTally): Promise<number> {
  let brokenCount = 0;
  for (const writePath of task.paths) {
    const options: StoreHistoryOptions = {
      tally,
      ...writePath !== undefined && { writePath },
      ...task.errors !== undefined && { errors: task.errors },
      ...task.bug !== undefined && { bug: STORE_BUGS[task.bug] },
    };
    if (task.tape !== undefined) return await tell(task.tape, options);
    for (let seed = task.from; seed <= task.to; seed++) {
      const choices = new Choices(seed);
      const broken = await storeHistory(choices, options);
      if (broken === undefined) continue;
      brokenCount++;
      console.log(`seed ${seed}${writePath === undefined ? "" : ` ${writePath}`}: ${broken}`);
      if (task.shrinks) await tellShortest(choices.tape, { ...options, tally: newTally() });
      if (!task.keepGoing) return brokenCount;
    }
  }
  return brokenCount;
}

async function tellShortest(tape: readonly number[], options: StoreHistoryOptions): Promise<void> {
  const shrunk = await shrink(tape, (choices) => storeHistory(choices, options));
  console.log(`tape ${shrunk.tape} (${shrunk.runCount} runs)`);
  await tell(shrunk.tape, options);
}

/** Repeats a history and tells every event. Gives 1 if it breaks a promise. */
async function tell(tape: readonly number[], options: StoreHistoryOptions): Promise<number> {
  const trace: string[] = [];
  const broken = await storeHistory(new Choices(tape), { ...options, trace });
  console.log(trace.map((line) => `  ${line}`).join("\n"));
  console.log(broken ?? "every promise holds");
  return broken === undefined ? 0 : 1;
}

function printTally(tally: StoreTally, ms: number): void {
  const { histories, boots, acknowledged, rejected, faults } = tally;
  console.log(
    `${histories} histories, ${boots} lives, ${acknowledged} messages acknowledged or found, ` +
      `${rejected} refused, ${(ms / 1000).toFixed(1)} s`,
  );
  const sorted = [...faults].toSorted(([, a], [, b]) => b - a);
  console.log(sorted.map(([kind, count]) => `${kind} ${count}`).join(", "));
}

function readTask(args: string[]): SimTask {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      seeds: { type: "string", default: "1..1000" },
      path: { type: "string" },
      errors: { type: "boolean" },
      tape: { type: "string" },
      bug: { type: "string" },
      "keep-going": { type: "boolean", default: false },
      shrink: { type: "boolean", default: true },
    },
  });
  const [from, to] = values.seeds.split("..").map(Number);
  return {
    from,
    to: to ?? from,
    paths: pathsOf(values.path),
    errors: values.errors,
    tape: values.tape?.split(",").map(Number),
    bug: bugOf(values.bug),
    keepGoing: values["keep-going"],
    shrinks: values.shrink,
  };
}

function bugOf(name: string | undefined): StoreBug | undefined {
  if (name === undefined || Object.hasOwn(STORE_BUGS, name)) return name as StoreBug | undefined;
  throw new TypeError(
    `Cannot plant ${JSON.stringify(name)}: give one of ${Object.keys(STORE_BUGS).join(", ")}`,
  );
}

function pathsOf(path: string | undefined): SimTask["paths"] {
  switch (path) {
    case undefined:
      return [undefined];
    case "both":
      return ["staged", "mapped"];
    case "staged":
    case "mapped":
      return [path];
    default:
      throw new TypeError(`Cannot take ${JSON.stringify(path)} as path: give staged, mapped, both`);
  }
}
