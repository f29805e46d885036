/**
 * Runs the histories of a task in several processes, each of them a part.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { addTally, newTally, tallyLines } from "../../harness/simulation/history/store_tally.ts";
import { parseReport, type PartReport } from "./report.ts";

const SCRIPT = fileURLToPath(new URL("../sim.ts", import.meta.url));

/**
 * Runs a task in processes and adds up what they found.
 *
 * @param args Arguments of the task.
 * @param count How many processes.
 * @returns 0 if every promise held, else 1.
 */
export async function runInProcesses(args: readonly string[], count: number): Promise<number> {
  const started = performance.now();
  const parts = Array.from({ length: count }, (_, at) => runPart(args, `${at}/${count}`));
  const reports = await Promise.all(parts);
  const tally = newTally();
  for (const report of reports) addTally(tally, report.tally);
  for (const line of tallyLines(tally, performance.now() - started)) console.log(line);
  const brokenCount = reports.reduce((sum, report) => sum + report.brokenCount, 0);
  console.log(`${brokenCount} broken`);
  return brokenCount === 0 ? 0 : 1;
}

async function runPart(args: readonly string[], part: string): Promise<PartReport> {
  const words = ["run", "-A", "--no-check", SCRIPT, ...args];
  const child = spawn(execPath, [...words, "--jobs", "1", "--part", part, "--report"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let report: PartReport | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const parsed = parseReport(line);
    if (parsed === undefined) console.log(line);
    else report = parsed;
  }
  if (report === undefined) {
    throw new Error(`Cannot add up part ${part}: it ended without a report`);
  }
  return report;
}
