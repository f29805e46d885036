/**
 * The tests on the runtimes beside Deno: installs these, copies the repository for them, runs the
 * tests.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import pLimit, { type LimitFunction } from "npm:p-limit@7.3.3";
import { addCounts, type Counts, FAILED, formatCounts, NOTHING } from "../gate/counts.ts";
import { chooseTests, summarizeLeftOut } from "./choose_tests.ts";
import { prepareRuntimes } from "./prepare.ts";
import { runTestFiles } from "./run_tests.ts";
import { type Runtime, RUNTIMES } from "./runtimes.ts";

/** What is asked for. */
export interface RuntimesRequest {
  /** Root of the repository. */
  readonly root: string;
  /** Files or folders of tests; none means all. */
  readonly paths: readonly string[];
  /** Only tests whose name holds this text, or matches it when written `/like this/`. */
  readonly filter?: string;
  /** Names of runtimes; none means all. */
  readonly on?: readonly string[];
  /** Variables added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

const FILE_TIMEOUT_MS = 600_000;

/**
 * Runs the tests.
 *
 * @param request What is asked for.
 * @param tell Told what people should see.
 * @returns The counts of all runtimes together; a failure also where one ran no test although all
 * were asked for.
 * @throws {TypeError} If there is no such runtime.
 */
export async function checkRuntimes(
  request: RuntimesRequest,
  tell: (text: string) => void,
): Promise<Counts> {
  const runtimes = (request.on ?? RUNTIMES.map(({ name }) => name)).map(runtimeNamed);
  await using prepared = await prepareRuntimes(request.root);
  const { directory, modules, programs } = prepared;

  const { chosen, leftOut } = chooseTests(modules, request.paths);
  summarizeLeftOut(leftOut).forEach((line) => tell(`Only on Deno: ${line}`));
  // Many wait: for processes that they kill, for what is due. One runtime after the other, but the
  // next one begins while the last files of this one still run.
  const lanes = pLimit(availableParallelism() + 1);
  const counts = await Promise.all(runtimes.map((runtime) => {
    const program = programs.get(runtime.name)!;
    return runOn(runtime, { program, directory, chosen, request, tell, lanes });
  }));
  return counts.reduce(addCounts, NOTHING);
}

function runtimeNamed(name: string): Runtime {
  const runtime = RUNTIMES.find((candidate) => candidate.name === name);
  if (runtime !== undefined) return runtime;
  const names = RUNTIMES.map((candidate) => candidate.name).join(", ");
  throw new TypeError(`Cannot run tests on "${name}": there are ${names}`);
}

interface Run {
  readonly program: string;
  readonly directory: string;
  readonly chosen: readonly string[];
  readonly request: RuntimesRequest;
  readonly tell: (text: string) => void;
  readonly lanes: LimitFunction;
}

/** Whether a test runs on a runtime where nothing else was asked for. */
export function runsOn({ folders }: Pick<Runtime, "folders">, file: string): boolean {
  return folders === undefined || folders.some((folder) => file.startsWith(folder));
}

async function runOn(runtime: Runtime, run: Run): Promise<Counts> {
  const { program, directory, request, tell, lanes } = run;
  // Where a runtime or tests are named, all that was named runs.
  const isWhole = request.on === undefined && request.paths.length === 0;
  const chosen = isWhole ? run.chosen.filter((file) => runsOn(runtime, file)) : run.chosen;
  const start = performance.now();
  const counts = await runTestFiles({
    runtime,
    program,
    directory,
    files: chosen.map((file) => file.replace(/\.ts$/, ".js")),
    filter: request.filter,
    env: request.env ?? {},
    lanes,
    timeoutMs: FILE_TIMEOUT_MS,
  }, tell);
  const seconds = Math.round((performance.now() - start) / 1000);
  const version = `${runtime.name} ${runtime.version}`;
  tell(`${version}: ${formatCounts(counts)} in ${chosen.length} files, ended after ${seconds} s`);
  const ranNothing = counts.passed + counts.failed === 0;
  const mayBeEmpty = request.paths.length > 0 || request.filter !== undefined;
  return ranNothing && !mayBeEmpty ? addCounts(counts, FAILED) : counts;
}
