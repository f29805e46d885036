/**
 * Runs test files on a runtime, each in a process of its own.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { env } from "node:process";
import type { LimitFunction } from "npm:p-limit@7.3.3";
import { addCounts, type Counts, FAILED, NOTHING } from "../gate/counts.ts";
import type { ProcessEnd, Runtime } from "./runtimes.ts";

/** Files that are named as the slowest. */
const SLOWEST_COUNT = 8;

/** What to run. */
export interface TestRunRequest {
  /** The runtime. */
  readonly runtime: Runtime;
  /** Absolute path of its program. */
  readonly program: string;
  /** Working directory: the root of the copy. */
  readonly directory: string;
  /** The files, from there. */
  readonly files: readonly string[];
  /** Only tests whose name holds this text, or matches it when written `/like this/`. */
  readonly filter: string | undefined;
  /** Variables added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs each file once there is room for it. */
  readonly lanes: LimitFunction;
  /** How long one file may take, ms. */
  readonly timeoutMs: number;
}

/** How one file went. */
export interface FileVerdict {
  /** Never without a failure where `problem` is given. */
  readonly counts: Counts;
  /** Why the run cannot be believed. */
  readonly problem?: string;
}

/**
 * Runs the files. What a file wrote is told, whole, if it failed.
 *
 * @param request What to run.
 * @param tell Told what people should see.
 * @returns The counts of all files.
 */
export async function runTestFiles(
  request: TestRunRequest,
  tell: (text: string) => void,
): Promise<Counts> {
  let total = NOTHING;
  const times: { readonly file: string; readonly seconds: number }[] = [];
  const work = async (file: string): Promise<void> => {
    const start = performance.now();
    const end = await runFile(request, file);
    times.push({ file, seconds: Math.round((performance.now() - start) / 1000) });
    const verdict = judgeFile(request.runtime, end);
    total = addCounts(total, verdict.counts);
    if (verdict.counts.failed > 0) tell(describeFailure(request.runtime, file, end, verdict));
  };
  await Promise.all(request.files.map((file) => request.lanes(work, file)));
  tell(`${request.runtime.name} took longest for ${slowest(times)}`);
  return total;
}

/** The files that took longest, for people who want the gate to be short. */
function slowest(times: { readonly file: string; readonly seconds: number }[]): string {
  return times.sort((one, other) => other.seconds - one.seconds)
    .slice(0, SLOWEST_COUNT)
    .map(({ file, seconds }) => `${file} (${seconds} s)`)
    .join(", ");
}

/**
 * Judges the run of a file. It has failed also when its counts cannot be read, and when its exit
 * code says so although no test does.
 *
 * @param runtime The runtime.
 * @param end How the run ended.
 * @returns Counts that hold a failure unless all is well.
 */
export function judgeFile(runtime: Runtime, end: ProcessEnd): FileVerdict {
  const counts = runtime.counts(end);
  const ended = end.signal === null ? `exit code ${end.code}` : end.signal;
  if (counts === undefined) {
    return { counts: FAILED, problem: `no counts could be read (${ended})` };
  }
  if (end.code !== 0 && counts.failed === 0) {
    return { counts: addCounts(counts, FAILED), problem: `it ended with ${ended}` };
  }
  return { counts };
}

function describeFailure(
  runtime: Runtime,
  file: string,
  end: ProcessEnd,
  { counts, problem }: FileVerdict,
): string {
  const why = problem ?? `${counts.failed} failed`;
  return `--- ${runtime.name}: ${file}: ${why}\n${end.stdout}${end.stderr}---`;
}

function runFile(request: TestRunRequest, file: string): Promise<ProcessEnd> {
  const { runtime, program, directory, filter, timeoutMs } = request;
  const child = spawn(program, runtime.arguments(file, filter), {
    cwd: directory,
    env: { ...env, NO_COLOR: "1", ...request.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
