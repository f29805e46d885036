/**
 * Looks for broken promises of the real store in a simulated machine: `deno task sim`, `sim:sweep`,
 * `sim:nth`.
 *
 * `harness/simulation/README.md` tells how that works, and how to repeat what was found.
 *
 * @module
 */
import { argv, exit } from "node:process";
import { WORKLOADS } from "../harness/simulation/history/store_workloads.ts";
import { STORE_BUGS } from "../harness/simulation/mutants/store_bugs.ts";
import { runInProcesses } from "./sim/processes.ts";
import { readTask } from "./sim/task.ts";
import { runMutants } from "./sim/mutants.ts";
import { runTask } from "./sim/run_task.ts";
import { readArguments } from "./task_arguments.ts";

const USAGE = `deno task sim [option]...

Which histories:
  --seeds FROM..TO   at random, one a seed, both ends included (default 1..1000)
  --workload NAME    one that is written down, undisturbed:${wrapped(Object.keys(WORKLOADS))}
  --sweep            that one, ended at each of its calls: deno task sim:sweep
  --nth              that one, each call failing once in each way, on small devices, with few
                     descriptors: deno task sim:nth
  --corpus           those that once broke a promise
  --tape N,N,...     the one of this tape, and tell it
  --place "..."      the one of this place, and tell it; with the explorer that told the place
  --mutants [NAME]   with each planted bug, which must be found; with these alone

How:
  --path PATH        staged, mapped or both (default drawn, both for what is written down)
  --errors           calls fail in every random history; --no-errors in none (default drawn)
  --ends END,...     how a swept history ends (default all): kill, cut 0 to cut 9
  --stride N         only every Nth place (default 1)
  --bug NAME         with this bug in libc:${wrapped(Object.keys(STORE_BUGS))}
  --jobs N           in N processes (default 1)
  --keep-going       do not stop at the first broken promise
  --no-shrink        do not make the tape of a broken promise short, nor tell its history

A broken promise is told with its place and its tape, and all events in words. The last lines count
the faults that were injected. Exit code 1 if a promise is broken.`;

if (import.meta.main) exit(await main(argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const task = readArguments(args, USAGE, readTask);
  if (task.mutants !== undefined) return await runMutants(task.mutants, task.jobs);
  if (task.jobs > 1 && task.place === undefined) return await runInProcesses(args, task.jobs);
  return await runTask(task);
}

/** Names in lines of the second column. */
function wrapped(names: readonly string[]): string {
  const lines = [""];
  for (const name of names) {
    if (lines[lines.length - 1].length + name.length > 70) lines.push("");
    lines[lines.length - 1] += ` ${name}`;
  }
  return lines.map((line) => `\n${" ".repeat(20)}${line}`).join("");
}
