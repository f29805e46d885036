/**
 * Plants faults in a copy of the source, each alone, and runs the tests nearest to each: a promise
 * is kept by a test only if breaking it is seen. The faults are in `harness/faults/`.
 *
 * It exits with 1 if a fault is not caught, or cannot be planted any more because the source has
 * changed.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { PLANTED_FAULTS, type PlantedFault, SAMPLE } from "../harness/faults/mod.ts";
import { type FaultVerdict, nameOf } from "./mutate/catcher.ts";
import { runFaults } from "./mutate/run_faults.ts";
import { readArguments } from "./task_arguments.ts";

const USAGE = `deno task mutate [option]...

  --only NAME   only this fault; can be given again (default all)
  --file TEXT   only those in files whose path holds this; can be given again
  --sample      only ten, which the gate plants
  --list        tell them, and plant none
  --jobs N      so many at a time (default 2)`;

const { faults, jobs, list } = readArguments(process.argv.slice(2), USAGE, parseRequest);
if (list) { for (const fault of faults) console.log(titleOf(fault)); }
else process.exit(await mutate());

function parseRequest(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", multiple: true },
      file: { type: "string", multiple: true },
      sample: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      jobs: { type: "string", default: "2" },
    },
  });
  const jobs = Number(values.jobs);
  if (!(Number.isSafeInteger(jobs) && jobs > 0)) {
    throw new RangeError("Cannot plant faults: --jobs must be a whole number from 1");
  }
  return { faults: chosenFaults(values), jobs, list: values.list };
}

function chosenFaults(
  values: { only?: readonly string[]; file?: readonly string[]; sample: boolean },
): readonly PlantedFault[] {
  const unknown = values.only?.find((name) => !PLANTED_FAULTS.some((fault) => fault.name === name));
  if (unknown !== undefined) {
    throw new TypeError(`Cannot plant ${JSON.stringify(unknown)}: \`--list\` tells what there is`);
  }
  const chosen = PLANTED_FAULTS.filter(({ name, file }) =>
    (values.only?.includes(name) ?? true) &&
    (values.file?.some((part) => file.includes(part)) ?? true) &&
    (!values.sample || SAMPLE.includes(name))
  );
  if (chosen.length === 0) throw new TypeError("Cannot plant a fault: none is chosen");
  return chosen;
}

function titleOf({ name, file, symbol, breaks, by }: PlantedFault): string {
  const how = "equivalent" in by ? `equivalent: ${by.equivalent}` : nameOf(by);
  return `${name} (${symbol}, ${file}): ${breaks}; ${how}`;
}

async function mutate(): Promise<number> {
  const over = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => over.abort(name));
  const counts = { begun: 0, caught: 0, equivalent: 0, alive: 0 };
  try {
    await runFaults(faults, {
      jobs,
      signal: over.signal,
      onStart: ({ name }) => console.error(`${++counts.begun}/${faults.length} ${name}`),
      onVerdict: (fault, verdict) => {
        const word = wordOf(fault, verdict);
        counts[word]++;
        console.log(lineOf(fault, verdict, word));
      },
    });
  } catch (error) {
    if (error !== over.signal.reason) throw error;
    console.error("mutate: stopped");
    return 130;
  }
  const { caught, equivalent } = counts;
  const count = faults.length - equivalent;
  console.log(`${caught} of ${count} planted faults caught, ${equivalent} equivalent`);
  return caught === count ? 0 : 1;
}

function wordOf({ by }: PlantedFault, { isCaught, told }: FaultVerdict) {
  if ("equivalent" in by && told === by.equivalent) return "equivalent" as const;
  return isCaught ? "caught" as const : "alive" as const;
}

function lineOf(
  { name, breaks, by }: PlantedFault,
  { told }: FaultVerdict,
  word: ReturnType<typeof wordOf>,
): string {
  if (word === "equivalent" || "equivalent" in by) return `${word} ${name}: ${told}`;
  if (word === "caught") {
    return `caught ${name} by ${"tests" in by ? "" : `${nameOf(by)}: `}${told}`;
  }
  return `ALIVE  ${name}: ${breaks}; ${nameOf(by)}: ${told}`;
}
