/**
 * Work that takes long: much that is written while it is flushed in the background.
 *
 * @module
 */
import { openWriter } from "./append_work.ts";
import { messageCountOf } from "./read_work.ts";
import { TOPIC, type Turn } from "./turn.ts";

/** Batches until a count is reached, with the store's own flushing. */
export async function sustain(turn: Turn): Promise<void> {
  const store = await openWriter(turn);
  const batch = turn.messages(turn.batchCount);
  const total = messageCountOf(turn);
  await turn.measureOnce(async () => {
    let count = 0;
    while (count < total) count += (await store.appendAll(batch)).count;
    return count;
  });
}

/** Single appends, one after the other, each with its time. */
export async function appendTimed(turn: Turn): Promise<void> {
  const store = await openWriter(turn);
  const total = messageCountOf(turn);
  const micros = new Float64Array(total);
  await turn.measureOnce(async () => {
    for (let count = 0; count < total; count++) {
      const start = performance.now();
      await store.append({ topic: TOPIC, body: turn.body(count) });
      micros[count] = (performance.now() - start) * 1000;
    }
    return total;
  });
  turn.tellLatency(micros);
}
