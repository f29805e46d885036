/**
 * A log of some segments that groups have read a part of, and what retention leaves of it.
 *
 * @module
 */
import { innerPortOf, openStore, type OpenStoreOptions } from "../../../storage/mod.ts";

/** Where progress of groups is, below the root. */
export const OFFSETS = "config/consumerOffset.json";
/** Small segments, and a housekeeper that is often at work. */
export const OPTIONS: OpenStoreOptions = {
  geometry: { segmentByteLength: 65_536 },
  tuning: { flushIntervalMs: 5 },
};

/** Makes a log of some segments; if a group is named, it has read ten messages. */
export async function fillStore(path: string, group?: string): Promise<void> {
  await using store = await openStore(path, OPTIONS);
  const body = "x".repeat(300);
  await store.appendAll(Array.from({ length: 800 }, () => ({ topic: "T", body })));
  if (group !== undefined) innerPortOf(store).claim({ group, topic: "T", queueId: 0 }).done(10);
}

/** Opens the store, has retention look at it a few times, and tells what is left. */
export async function retained(
  path: string,
  retention: OpenStoreOptions["retention"] = {},
): Promise<{ earliest: number; notes: string }> {
  await using store = await openStore(path, {
    ...OPTIONS,
    retention: { maxByteLength: 65_536, ...retention },
  });
  for (let round = 0; round < 3; round++) {
    await store.append({ topic: "round", body: "" });
    const { committedPosition } = store.info;
    while (store.info.markPosition < committedPosition) {
      await new Promise((done) => setTimeout(done, 1));
    }
    await new Promise((done) => setTimeout(done, 10));
  }
  return { earliest: store.queue("T").earliestOffset, notes: store.info.notes.join("\n") };
}

/** Makes a group's progress be written. */
export async function commit(path: string, group: string): Promise<void> {
  await using store = await openStore(path, OPTIONS);
  innerPortOf(store).claim({ group, topic: "T", queueId: 0 }).done(700);
}
