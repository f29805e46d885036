/**
 * Looks for broken promises of the real store in a simulated machine.
 *
 * | call | histories |
 * | --- | --- |
 * | `deno task sim --seeds 1..1000` | at random, one a seed |
 * | `deno task sim:sweep` | one that is written down, ended at each of its calls, by a kill and by each kind of power cut |
 * | `deno task sim:nth` | the same, each call failing once in each way, on small devices, with few descriptors |
 * | `deno task sim --workload NAME` | one that is written down, undisturbed, with `--seeds` |
 * | `deno task sim --corpus` | those that once broke a promise |
 * | `deno task sim --mutants` | with a planted bug each, which must be found; `--bug NAME` plants one, `--mutants NAME` checks one |
 *
 * Options: `--seeds FROM..TO` (inclusive), `--path staged|mapped|both`, `--errors` (calls fail in every random history),
 * `--no-errors` (in none), `--tape 1,2,3` (repeats one and tells it), `--place "..."` (repeats one of an exhaustive explorer and
 * tells it), `--workload NAME` (what is swept), `--stride N` (every Nth place), `--ends kill,"cut 3"` (how it ends), `--jobs N`
 * (so many processes),
 * `--keep-going` (does not stop at the first broken promise), `--no-shrink`.
 *
 * A broken promise is told with its place or its seed and tape, and all events in words. The last lines say how many faults of each
 * kind were injected.
 *
 * @module
 */
import { argv, exit } from "node:process";
import { runInProcesses } from "./sim/processes.ts";
import { readTask } from "./sim/task.ts";
import { runMutants } from "./sim/mutants.ts";
import { runTask } from "./sim/run_task.ts";

if (import.meta.main) exit(await main(argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const task = readTask(args);
  if (task.mutants !== undefined) return await runMutants(task.mutants, task.jobs);
  if (task.jobs > 1) return await runInProcesses(args, task.jobs);
  return await runTask(task);
}
