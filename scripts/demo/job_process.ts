/**
 * The job of the demo: reads the log of another process and keeps delay statistics in a store of
 * its own.
 *
 * Usage: `deno run -A scripts/demo/job_process.ts LOG RESULTS COUNT`. Prints how many flights are
 * counted, a line of JSON each time, first those of the checkpoint where it goes on, and ends when
 * it has counted all.
 *
 * @module
 */
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import { job, openStore, type Store } from "../../mod.ts";
import { countFlight, type DelayState, emptyDelays } from "./delays.ts";
import { FLIGHT_TOPIC } from "./flights.ts";
import { reportEvery } from "./report.ts";

const JOB = "delays";

if (import.meta.main) await countDelays(Deno.args[0], Deno.args[1], Number(Deno.args[2]));

async function countDelays(
  logPath: string,
  resultsPath: string,
  flightCount: number,
): Promise<void> {
  await using log = await openStore(logPath, { readOnly: true });
  await using results = await openStore(resultsPath);
  const report = reportEvery(500);
  const before = await countedBefore(results);
  report(before, true);
  if (before === flightCount) return;
  const done = new AbortController();
  const running = job({
    name: JOB,
    source: { store: log, topic: FLIGHT_TOPIC },
    store: results,
    initialState: emptyDelays,
    process(message, context) {
      const { state } = context;
      countFlight(message, context, flightCount);
      report(state.flightCount);
      if (state.flightCount === flightCount) done.abort();
    },
    checkpointEvery: { count: 5_000, ms: 200 },
    signal: done.signal,
  });
  await running.catch((error) => {
    if (!done.signal.aborted || error !== done.signal.reason) throw error;
  });
  report(flightCount, true);
}

/**
 * A process may be killed when all is counted and saved: the next one would wait for a flight that
 * never comes.
 */
async function countedBefore(results: Store): Promise<number> {
  await using checkpoints = await openCheckpoints<DelayState>(results, JOB);
  return (await checkpoints.newest())?.state.flightCount ?? 0;
}
