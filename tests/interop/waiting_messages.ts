/**
 * What waits in a store and what was delivered of it, by whom it may be: each once, and as it was.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Store, StoredMessage } from "../../storage/mod.ts";

/** Where messages wait, in a queue for each level. */
export const WAITING = "SCHEDULE_TOPIC_XXXX";
/** Levels 1 to 3 are over within ten seconds; what has a longer one stays where it is. */
const SHORT_LEVELS = 3;
/**
 * What says how a message waits, or has waited, which a broker leaves in its copies, and what is of
 * one record alone.
 */
const NOT_SENT = ["DELAY", "REAL_TOPIC", "REAL_QID", "SB_WAITED", "__CRC32#", "__SB_GROUP"];

/** A message without what a delivery changes. */
interface Sent {
  readonly body: string;
  readonly tags: string | undefined;
  readonly keys: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly flag: number;
  readonly bornTimestamp: number;
  readonly reconsumeTimes: number;
}

/** Everything of the short levels that waits or has waited, by where it goes, level by level. */
type SentTo = ReadonlyMap<string, readonly (readonly Sent[])[]>;

/**
 * Asserts that whatever waited at a short level is in its queue once and as it was, in the order of
 * its level, and that nothing else is there.
 *
 * @param store An open store.
 */
export async function assertDeliveredOnce(store: Store): Promise<void> {
  for (const [place, levels] of await sentTo(store)) {
    const found = (await delivered(store, place)).map(sentOf);
    assert.deepEqual(found.toSorted(byText), levels.flat().toSorted(byText), place);
    for (const level of levels) {
      const texts = level.map(({ body }) => body);
      const order = found.map(({ body }) => body).filter((body) => texts.includes(body));
      assert.deepEqual(order, texts, `${place} has the order of the level`);
    }
  }
}

/**
 * Counts what still waits at a short level.
 *
 * @param store An open store; nothing is in its queues but what has waited.
 * @returns How many messages, by the place that they go to.
 */
export async function waitingCounts(store: Store): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [place, levels] of await sentTo(store)) {
    counts[place] = levels.flat().length - (await delivered(store, place)).length;
  }
  return counts;
}

/**
 * Asserts that a broker would deliver nothing of the short levels, and all of the others.
 *
 * @param root Directory of the store.
 * @param store The same, open.
 */
export function assertTold(root: string, store: Store): void {
  const text = readFileSync(join(root, "config/delayOffset.json"), "utf8");
  const told = new Map(
    [...text.matchAll(/[{,]\s*"?(\d+)"?:(\d+)/g)].map(([, level, next]) => [+level - 1, +next]),
  );
  for (const { queueId, endOffset } of waitingQueues(store)) {
    const next = queueId < SHORT_LEVELS ? endOffset : 0;
    assert.equal(told.get(queueId) ?? 0, next, `level ${queueId + 1} of ${text}`);
  }
}

async function sentTo(store: Store): Promise<SentTo> {
  const all = new Map<string, Sent[][]>();
  for (const { queueId } of waitingQueues(store).slice(0, SHORT_LEVELS)) {
    const messages = await Array.fromAsync(store.queue(WAITING, queueId).read());
    const places = Map.groupBy(messages, ({ properties }) => {
      return `${properties.get("REAL_TOPIC")}/${properties.get("REAL_QID")}`;
    });
    for (const [place, level] of places) {
      all.set(place, [...all.get(place) ?? [], level.map(sentOf)]);
    }
  }
  return all;
}

function waitingQueues(
  store: Store,
): readonly { readonly queueId: number; readonly endOffset: number }[] {
  return store.topics().find(({ topic }) => topic === WAITING)?.queues ?? [];
}

async function delivered(store: Store, place: string): Promise<StoredMessage[]> {
  const [topic, queueId] = place.split("/");
  return await Array.fromAsync(store.queue(topic, Number(queueId)).read());
}

function sentOf(message: StoredMessage): Sent {
  const properties = Object.fromEntries(
    [...message.properties].filter(([name]) => !NOT_SENT.includes(name)).sort(),
  );
  const { tags, keys, flag, bornTimestamp, reconsumeTimes } = message;
  return { body: message.text(), tags, keys, properties, flag, bornTimestamp, reconsumeTimes };
}

function byText(one: Sent, other: Sent): number {
  return one.body < other.body ? -1 : 1;
}
