/**
 * A store with some of everything: several queues, keys, tags, rolled segments, an atomic batch.
 * And all that a store answers, as one value to compare.
 *
 * @module
 */
import type {
  AppendResult,
  Geometry,
  Message,
  OpenStoreOptions,
  Store,
} from "../../storage/mod.ts";

/** File lengths of the golden stores: small enough that a few hundred messages roll all of them. */
export const SAMPLE_GEOMETRY: Omit<Geometry, "maxBodyByteLength"> = {
  segmentByteLength: 65_536,
  queueEntryCount: 100,
  indexSlotCount: 100,
  indexEntryCount: 400,
};

/** The same as options. */
export const SAMPLE_OPTIONS: OpenStoreOptions = { geometry: SAMPLE_GEOMETRY };

/** Messages of the sample's plain part. */
export const SAMPLE_COUNT = 500;
/** Messages of its atomic batch. */
export const GROUP_COUNT = 12;

/**
 * One message of the sample; what is in it follows from its number.
 *
 * @param id Its number.
 * @param topic Its topic; `Orders` or `Bills` when left out.
 * @returns The message.
 */
export function sampleMessage(
  id: number,
  topic: string = id % 3 === 0 ? "Orders" : "Bills",
): Message {
  return {
    topic,
    queueId: id % 4,
    body: `message ${id} ${"ä".repeat((id * 37) % 300)}`,
    tags: `Tag${id % 3}`,
    keys: [`key${id}`, `shared${id % 50}`],
    properties: { id: String(id) },
    flag: id,
  };
}

/**
 * Appends the sample.
 *
 * @param store An open store.
 * @param first Number of the first message.
 * @returns Where everything went.
 */
export async function appendSample(store: Store, first = 0): Promise<AppendResult[]> {
  const plain = Array.from({ length: SAMPLE_COUNT }, (_, index) => sampleMessage(first + index));
  const group = Array.from(
    { length: GROUP_COUNT },
    (_, index) => sampleMessage(first + SAMPLE_COUNT + index, "Group"),
  );
  const single = plain.slice(0, 100).map((message) =>
    store.append(message, { durability: "committed" })
  );
  return [
    ...await Promise.all(single),
    ...await store.appendAll(plain.slice(100)),
    ...await store.appendAll(group, { atomic: true }),
  ];
}

/**
 * Asks a store for all it has.
 *
 * @param store An open store.
 * @param count How many messages of the sample to look for by key.
 * @returns Queues, messages and what is found by key, as text.
 */
export async function allAnswers(store: Store, count: number = SAMPLE_COUNT): Promise<string> {
  const topics = store.topics();
  const messages: unknown[] = [];
  for (const { topic, queues } of topics) {
    for (const { queueId } of queues) {
      for await (const message of store.queue(topic, queueId).read()) {
        const { offset, position, tags, keys, storeTimestamp } = message;
        messages.push([
          topic,
          queueId,
          offset,
          position,
          tags,
          keys,
          storeTimestamp,
          message.text(),
        ]);
      }
    }
  }
  const found: unknown[] = [];
  const keys = [0, 1, 2, 3, 4, 5, 6].map((id) => `shared${id}`);
  for (let id = 0; id < count; id += 23) keys.push(`key${id}`);
  for (const { topic } of topics) {
    for (const key of keys) {
      const hits = await Array.fromAsync(store.find(topic, key));
      found.push([topic, key, hits.map(({ position }) => position)]);
    }
  }
  return JSON.stringify({ topics, messages, found }, undefined, 1);
}
