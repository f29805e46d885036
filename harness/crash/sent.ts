/**
 * What the crash tests send: every message follows from its queue and its offset, so that whoever
 * finds it can tell whether it is the one that was sent, without having seen it sent.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Durability, Message, Store, StoredMessage } from "../../storage/mod.ts";

/** A queue that is written to. */
export interface SentQueue {
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
}

/** Where a message is: index in {@linkcode SENT_QUEUES} and offset. */
export interface SentPlace {
  /** Index of the queue. */
  readonly queue: number;
  /** Offset in it. */
  readonly offset: number;
}

/** Property that names the places of all members of an atomic batch. */
export const MEMBERS = "MEMBERS";

/** The queues that are written to. */
export const SENT_QUEUES: readonly SentQueue[] = [
  { topic: "orders", queueId: 0 },
  { topic: "orders", queueId: 1 },
  { topic: "events", queueId: 0 },
  { topic: "audit", queueId: 3 },
];

/** The topic that groups read. */
export const READ_TOPIC: string = SENT_QUEUES[0].topic;
/** How many queues it has: the first of {@linkcode SENT_QUEUES}. */
export const READ_QUEUE_COUNT: number =
  SENT_QUEUES.filter(({ topic }) => topic === READ_TOPIC).length;

/** The content of the message at a place: from 20 bytes to 3 KB, now and then 20 KB. */
export function sentText({ queue, offset }: SentPlace): string {
  const mixed = Math.imul(offset * 4 + queue + 1, 0x9e3779b1) >>> 0;
  const byteLength = mixed % 97 === 0 ? 20_000 : mixed % 3000;
  return `queue ${queue} offset ${offset} `.padEnd(byteLength, `${mixed.toString(36)} `);
}

/** The place of which a content is; fails if it is of none. */
export function sentPlace(text: string): SentPlace {
  const [, ...numbers] = /^queue (\d+) offset (\d+) /.exec(text) ?? [];
  const place = { queue: Number(numbers[0]), offset: Number(numbers[1]) };
  assert.ok(text === sentText(place), `what is there was sent: ${text.slice(0, 40)}`);
  return place;
}

/** The key of the message at a place; ten thousand messages share one. */
export function sentKey({ offset }: SentPlace): string {
  return `key${offset % 7}`;
}

/**
 * The message at a place.
 *
 * @param place Where it will be.
 * @param members The places of its atomic batch; none when it stands alone.
 * @returns The message.
 */
export function sentMessage(place: SentPlace, members: readonly SentPlace[] = []): Message {
  const message = { ...SENT_QUEUES[place.queue], body: sentText(place), keys: sentKey(place) };
  return members.length === 0
    ? message
    : { ...message, properties: { [MEMBERS]: members.map(formatPlace).join(",") } };
}

/** A place as the child prints it. */
export function formatPlace({ queue, offset }: SentPlace): string {
  return `${queue}:${offset}`;
}

/** Reads what {@linkcode formatPlace} wrote. */
export function parsePlace(text: string): SentPlace {
  const [queue, offset] = text.split(":").map(Number);
  return { queue, offset };
}

/**
 * Checks a message that was found, and that no member of its group is missing at this very moment.
 *
 * @param store Where it was found.
 * @param message The message.
 * @param place Where it should be.
 * @param visibility How it was read.
 */
export function checkFound(
  store: Store,
  message: StoredMessage,
  place: SentPlace,
  visibility: Durability = "committed",
): void {
  const { topic, queueId } = SENT_QUEUES[place.queue];
  assert.equal(message.offset, place.offset, `queue ${place.queue} is dense`);
  assert.equal(message.text(), sentText(place), `what stands at ${formatPlace(place)} was sent`);
  assert.deepEqual([message.topic, message.queueId], [topic, queueId]);
  const members = message.properties.get(MEMBERS);
  if (members === undefined) return;
  for (const member of members.split(",").map(parsePlace)) {
    const { topic, queueId } = SENT_QUEUES[member.queue];
    const queue = store.queue(topic, queueId);
    const end = visibility === "flushed" ? queue.flushedEndOffset : queue.endOffset;
    const whole = `${formatPlace(place)} is seen, so ${formatPlace(member)} of its group is too`;
    assert.ok(end > member.offset, `${whole}, but the queue ends at ${end}`);
  }
}

/**
 * Reads everything and checks it.
 *
 * @param store The store.
 * @param expected Offset after the last message that must be there, queue by queue.
 * @returns Offset after the last message, queue by queue.
 */
export async function checkAll(store: Store, expected: readonly number[]): Promise<number[]> {
  const ends: number[] = [];
  for (const [queue, { topic, queueId }] of SENT_QUEUES.entries()) {
    let offset = 0;
    for await (const message of store.queue(topic, queueId).read()) {
      checkFound(store, message, { queue, offset });
      offset++;
    }
    assert.ok(
      offset >= (expected[queue] ?? 0),
      `queue ${queue} ends at ${offset}: what was acknowledged up to ${expected[queue]} is missing`,
    );
    ends.push(offset);
  }
  return ends;
}

/**
 * Searches every key and checks that it finds all of its messages, once each.
 *
 * @param store The store.
 * @param ends Offset after the last message, queue by queue.
 */
export async function checkKeys(store: Store, ends: readonly number[]): Promise<void> {
  for (const topic of new Set(SENT_QUEUES.map((queue) => queue.topic))) {
    for (let number = 0; number < 7; number++) {
      const found: string[] = [];
      for await (const message of store.find(topic, `key${number}`)) {
        found.push(`${message.queueId}:${message.offset}`);
      }
      const wanted = SENT_QUEUES.flatMap((sent, queue) => {
        if (sent.topic !== topic) return [];
        const offsets = Array.from({ length: ends[queue] }, (_, offset) => offset);
        return offsets.filter((offset) => sentKey({ queue, offset }) === `key${number}`)
          .map((offset) => `${sent.queueId}:${offset}`);
      });
      assert.deepEqual(found.sort(), wanted.sort(), `key${number} of ${topic} finds each once`);
    }
  }
}
