/**
 * What the task `sim` is told.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  ALL_ENDS,
  type SimEndName,
  type WritePath,
} from "../../harness/simulation/explore/store_explorers.ts";
import { libcBug, STORE_MUTANTS } from "../../harness/simulation/mutants/store_mutants.ts";
import { type WorkloadName, WORKLOADS } from "../../harness/simulation/history/store_workloads.ts";

/** How histories are found. */
export type Explorer = "random" | "sweep" | "nth" | "workload" | "corpus";

/** What to do. */
export interface SimTask {
  /** How histories are found. */
  readonly explorer: Explorer;
  /** First and last seed. */
  readonly seeds: readonly [from: number, to: number];
  /** Write paths; drawn per history where it is undefined. */
  readonly paths: readonly (WritePath | undefined)[];
  /** Whether calls fail in random histories; drawn where it is undefined. */
  readonly errors: boolean | undefined;
  /** One history to repeat. */
  readonly tape: readonly number[] | undefined;
  /** One place to repeat. */
  readonly place: string | undefined;
  /** The history that is written down. */
  readonly workload: WorkloadName;
  /** Only every Nth place. */
  readonly stride: number;
  /** How a swept history is ended. */
  readonly ends: readonly SimEndName[];
  /** Which planted bug there is. */
  readonly bug: string | undefined;
  /** Which planted bugs must be found; all if it is empty. */
  readonly mutants: readonly string[] | undefined;
  /** How many processes. */
  readonly jobs: number;
  /** Which part of the histories this process runs. */
  readonly part: readonly [index: number, count: number];
  /** Whether the tally is told as JSON, to the process that adds them up. */
  readonly reports: boolean;
  /** Whether to go on after a broken promise. */
  readonly keepGoing: boolean;
  /** Whether a failing tape is made short. */
  readonly shrinks: boolean;
}

const OPTIONS = {
  seeds: { type: "string" },
  path: { type: "string" },
  errors: { type: "boolean" },
  tape: { type: "string" },
  place: { type: "string" },
  workload: { type: "string" },
  sweep: { type: "boolean", default: false },
  nth: { type: "boolean", default: false },
  corpus: { type: "boolean", default: false },
  mutants: { type: "boolean", default: false },
  stride: { type: "string", default: "1" },
  ends: { type: "string" },
  bug: { type: "string" },
  jobs: { type: "string", default: "1" },
  part: { type: "string", default: "0/1" },
  report: { type: "boolean", default: false },
  "keep-going": { type: "boolean", default: false },
  shrink: { type: "boolean", default: true },
} as const;

type Values = ReturnType<typeof parse>["values"];

/**
 * Reads the arguments.
 *
 * @param args As on the command line.
 * @returns What to do.
 */
export function readTask(args: readonly string[]): SimTask {
  const { values, positionals } = parse(args);
  const explorer = explorerOf(values);
  if (values.bug !== undefined) libcBug(values.bug);
  return {
    explorer,
    seeds: seedsOf(values.seeds ?? (explorer === "random" ? "1..1000" : "1..1")),
    paths: pathsOf(values.path ?? (explorer === "random" ? undefined : "both")),
    errors: values.errors,
    tape: values.tape?.split(",").map((text) => wholeNumber("tape", text)),
    place: values.place,
    workload: workloadOf(values.workload),
    stride: wholeNumber("stride", values.stride, 1),
    ends: endsOf(values.ends),
    bug: values.bug,
    mutants: values.mutants ? positionals.map(mutantNamed) : undefined,
    jobs: wholeNumber("jobs", values.jobs, 1),
    part: values.part.split("/").map(Number) as [number, number],
    reports: values.report,
    keepGoing: values["keep-going"],
    shrinks: values.shrink,
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowNegative: true,
    allowPositionals: true,
    options: OPTIONS,
  });
}

function explorerOf(values: Values): Explorer {
  if (values.sweep) return "sweep";
  if (values.nth) return "nth";
  if (values.corpus) return "corpus";
  return values.workload === undefined ? "random" : "workload";
}

function seedsOf(text: string): [number, number] {
  const [from, to = from] = text.split("..").map((seed) => wholeNumber("seeds", seed));
  return [from, to];
}

function wholeNumber(name: string, text: string, least = 0): number {
  const number = Number(text);
  if (text !== "" && Number.isSafeInteger(number) && number >= least) return number;
  throw new RangeError(
    `Cannot take ${JSON.stringify(text)} as --${name}: give whole numbers from ${least}`,
  );
}

function mutantNamed(name: string): string {
  if (STORE_MUTANTS.some((mutant) => mutant.name === name)) return name;
  const names = STORE_MUTANTS.map((mutant) => mutant.name).join(", ");
  throw new TypeError(`Cannot plant ${JSON.stringify(name)}: give one of ${names}`);
}

function workloadOf(name: string = "whole"): WorkloadName {
  if (Object.hasOwn(WORKLOADS, name)) return name as WorkloadName;
  throw new TypeError(
    `Cannot run ${JSON.stringify(name)}: give one of ${Object.keys(WORKLOADS).join(", ")}`,
  );
}

function endsOf(text: string | undefined): readonly SimEndName[] {
  const names = text?.split(",");
  const unknown = names?.find((name) => !ALL_ENDS.includes(name as SimEndName));
  if (unknown === undefined) return ALL_ENDS.filter((end) => names?.includes(end) ?? true);
  throw new TypeError(
    `Cannot end a history with ${JSON.stringify(unknown)}: give some of ${ALL_ENDS.join(",")}`,
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
