/**
 * Looks at everything in a store at one moment, and at its directory.
 *
 * @module
 */
import type { Store, StoredMessage, Visibility } from "../../storage/mod.ts";
import type { Choices } from "./choices.ts";
import { SimDirectory } from "./nodes.ts";
import type { SimKernel } from "./sim_kernel.ts";
import { BrokenPromise, type StoreLedger, type StoreView } from "./store_ledger.ts";

/** Where a history may write. */
export interface StorePlaces {
  /** All topics that were ever written to. */
  readonly topics: readonly string[];
  /** How many queues a topic may have. */
  readonly queueCount: number;
  /** All keys that were ever given. */
  readonly keys: readonly string[];
}

/**
 * Reads all queues. The ends are taken at once, before the first message is read.
 *
 * @param store Store to read.
 * @param places Queues to look at.
 * @param visibility What may be seen.
 * @param choices Decides how to read.
 * @returns What there is.
 */
export async function readView(
  store: Store,
  places: StorePlaces,
  visibility: Visibility,
  choices: Choices,
): Promise<StoreView> {
  const { earliestPosition } = store.info;
  const queues = places.topics.flatMap((topic) =>
    Array.from({ length: places.queueCount }, (_, queueId) => store.queue(topic, queueId))
  );
  const ends = queues.map((queue) => {
    const latest = visibility === "flushed" ? queue.latestFlushed : queue.latest;
    return { queue, from: queue.earliest, limit: latest - queue.earliest, latest };
  });
  const messages: StoredMessage[] = [];
  for (const { queue, from, limit } of ends) {
    if (limit <= 0) continue;
    if (choices.chance(1, 2)) {
      for await (const message of queue.read({ from, limit, visibility })) messages.push(message);
    } else messages.push(...await queue.readBatch({ from, limit, visibility }));
  }
  const latest = new Map(
    ends.map(({ queue, latest }) => [`${queue.topic}/${queue.queueId}`, latest]),
  );
  return { earliestPosition, latest, messages };
}

/**
 * Checks that the index finds what the queues have, nothing else, newest first.
 *
 * @param store Store to search; nothing may be in flight.
 * @param view What its queues have.
 * @param ledger Knows which messages carry a key.
 * @param places Topics and keys to search for.
 */
export async function checkIndex(
  store: Store,
  view: StoreView,
  ledger: StoreLedger,
  places: StorePlaces,
): Promise<void> {
  for (const topic of places.topics) {
    for (const key of places.keys) {
      const found: number[] = [];
      for await (const { position } of store.find(topic, key)) found.push(position);
      const expected = ledger.withKey(view, topic, key).map(({ position }) => position);
      if (found.join() === expected.join()) continue;
      throw new BrokenPromise(`index: ${topic} ${key} finds ${found}, not ${expected}`);
    }
  }
}

/**
 * Checks that a store that was closed left nothing behind that does not belong there.
 *
 * @param kernel The machine.
 * @param root Path of the store.
 */
export function checkClosedTree(kernel: SimKernel, root: string): void {
  const names = [...namesBelow(kernel, root, "")];
  const stray = names.filter((name) => /^streambed\/(next|temporary)-|^abort$/.test(name));
  if (stray.length > 0) throw new BrokenPromise(`leftover: ${stray} after a close`);
}

function* namesBelow(kernel: SimKernel, path: string, prefix: string): Generator<string> {
  const directory = kernel.lookUp(path);
  if (!(directory instanceof SimDirectory)) return;
  for (const [name, node] of directory.entries) {
    if (node instanceof SimDirectory) {
      yield* namesBelow(kernel, `${path}/${name}`, `${prefix}${name}/`);
    } else yield prefix + name;
  }
}
