/**
 * A process that runs a job over the log of another, and ends when it has done a number of
 * messages.
 *
 * Usage: `job_child.ts LOG RESULTS WRITE_PATH COUNT`. Prints `done N` now and then.
 *
 * @module
 */
import { argv } from "node:process";
import { job, openStore } from "../../../mod.ts";
import { SMALL_GEOMETRY } from "../../support/test_store.ts";

/** What the job keeps. */
export interface JobState {
  /** Messages that were done. */
  count: number;
  /** Sum of their numbers. */
  sum: number;
}

if (import.meta.main) await run(argv.slice(2));

async function run([logPath, resultsPath, writePath, count]: string[]): Promise<void> {
  await using log = await openStore(logPath, { readOnly: true });
  const options = { writePath: writePath as "staged" | "mapped", ...SMALL_GEOMETRY };
  await using results = await openStore(resultsPath, options);
  const done = new AbortController();
  const running = job<JobState>({
    name: "sum",
    source: { store: log, topic: "lines" },
    store: results,
    initialState: () => ({ count: 0, sum: 0 }),
    process(message, { state, emit }) {
      state.count++;
      state.sum += Number(message.text());
      emit({ topic: "seen", queueId: state.count % 2, body: message.text() });
      if (state.count % 10 === 0) console.log(`done ${state.count}`);
      if (state.count === Number(count)) done.abort("done");
    },
    checkpointEvery: { count: 7 },
    signal: done.signal,
  });
  await running.catch((reason) => {
    if (reason !== "done") throw reason;
  });
}
