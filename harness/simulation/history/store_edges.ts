/**
 * Looks at what lies exactly at the end of what may be seen: there no reader may come by anything,
 * in whichever way it reads.
 *
 * @module
 */
import type { Durability, Queue, Store } from "../../../storage/mod.ts";
import { BrokenPromise } from "./store_ledger.ts";
import type { StorePlaces } from "./store_view.ts";

/**
 * Reads without a limit, lends, finds and gets, and checks that all of them end where the store
 * says that they do.
 *
 * @param store An open store.
 * @param places Queues and keys to look at.
 * @param visibility What may be seen.
 * @throws {BrokenPromise} If something is shown beyond the end.
 */
export async function checkEdges(
  store: Store,
  places: StorePlaces,
  visibility: Durability,
): Promise<void> {
  for (const topic of places.topics) {
    for (let queueId = 0; queueId < places.queueCount; queueId++) {
      await checkQueueEnd(store.queue(topic, queueId), visibility);
    }
    for (const key of places.keys) await checkFoundEnd(store, topic, key, visibility);
  }
  const { flushedPosition, committedPosition } = store.info;
  await checkNothingAt(store, committedPosition);
  if (flushedPosition <= committedPosition) return;
  throw new BrokenPromise(`flushed: ${flushedPosition}, and only ${committedPosition} committed`);
}

/** Both ways to read decide on their end before anything else can happen. */
async function checkQueueEnd(queue: Queue, visibility: Durability): Promise<void> {
  const latest = visibility === "flushed" ? queue.flushedEndOffset : queue.endOffset;
  const from = Math.min(queue.earliestOffset, latest);
  const reading = queue.readBatch({ from, visibility });
  const lent = queue.borrowSync({ from, visibility }, () => {});
  const read = (await reading).at(-1)?.offset ?? -1;
  if (read < latest && lent <= latest) return;
  throw new BrokenPromise(
    `flushed: ${queue.topic}/${queue.queueId} shows ${read}, lends to ${lent}, ends at ${latest}`,
  );
}

async function checkFoundEnd(
  store: Store,
  topic: string,
  key: string,
  visibility: Durability,
): Promise<void> {
  const { flushedPosition, committedPosition } = store.info;
  const end = visibility === "flushed" ? flushedPosition : committedPosition;
  for await (const { position } of store.find(topic, key, { visibility })) {
    if (position < end) continue;
    throw new BrokenPromise(`flushed: ${topic} ${key} finds ${position}, and all ends at ${end}`);
  }
}

async function checkNothingAt(store: Store, position: number): Promise<void> {
  const message = await store.get(position);
  if (message === undefined) return;
  const { topic, offset } = message;
  throw new BrokenPromise(`flushed: ${topic} ${offset} is got at the end, ${position}`);
}
