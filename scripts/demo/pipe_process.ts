/**
 * The pipe of the demo: streams the flights into the log, from wherever the log ends.
 *
 * Usage: `deno run -A scripts/demo/pipe_process.ts DIRECTORY COUNT`. Prints how many flights the
 * log holds on the disk, which is what is acknowledged: when it starts, meanwhile, and at its end,
 * a line of JSON each time.
 *
 * @module
 */
import { openStore, sink, type SinkChunk, type Store } from "../../mod.ts";
import { FLIGHT_QUEUE_COUNT, FLIGHT_TOPIC, flightTexts } from "./flights.ts";
import { reportEvery } from "./report.ts";

const LOOK_INTERVAL = 100;

if (import.meta.main) await pipeFlights(Deno.args[0], Number(Deno.args[1]));

async function pipeFlights(path: string, flightCount: number): Promise<void> {
  await using store = await openStore(path);
  let flight = heldFlights(store);
  const report = reportEvery(500);
  report(flight, true);
  const toMessages = new TransformStream<string, SinkChunk>({
    transform(body, controller) {
      controller.enqueue({ body, queueId: flight++ % FLIGHT_QUEUE_COUNT });
      if (flight % LOOK_INTERVAL === 0) report(heldFlights(store));
    },
  });
  await flightTexts(flight, flightCount).pipeThrough(toMessages).pipeTo(sink(store, FLIGHT_TOPIC));
  report(heldFlights(store), true);
}

/**
 * How many flights the log holds, durably. They are the first ones of the file, or the log has lost
 * some.
 */
function heldFlights(store: Store): number {
  const counts = Array.from(
    { length: FLIGHT_QUEUE_COUNT },
    (_, queueId) => store.queue(FLIGHT_TOPIC, queueId).flushedEndOffset,
  );
  const held = counts.reduce((sum, count) => sum + count);
  for (const [queueId, count] of counts.entries()) {
    const expected = Math.ceil((held - queueId) / FLIGHT_QUEUE_COUNT);
    if (count === expected) continue;
    throw new Error(
      `Cannot resume pipe: queue ${queueId} holds ${count} flights of ${held}, not ${expected}`,
    );
  }
  return held;
}
