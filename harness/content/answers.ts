/**
 * All that a store answers, piece by piece: a message that is refused hides no other.
 *
 * @module
 */
import {
  type GroupInfo,
  type Queue,
  type Store,
  type StoredMessage,
  StoreError,
} from "../../storage/mod.ts";
import { SCENE_KEYS, SCENE_QUEUES, SCENE_TAGS } from "./scenes.ts";

/** A message. */
export interface Told {
  /** Its position. */
  readonly position: number;
  /** All its fields, as text. */
  readonly text: string;
}

/** A message, or why it is refused. */
export type Answer = Told | Refusal;

/** A typed error. */
export class Refusal {
  /** Its code, or how the call of libc failed. */
  readonly what: string;

  /** Remembers an error that the store declares. Throws any other again. */
  constructor(error: unknown) {
    if (!StoreError.is(error)) throw error;
    this.what = error.errno ?? error.code;
  }
}

/** All answers of one opening. */
export interface Answers {
  /** Messages by queue and offset: `"Orders/0/3"`. */
  readonly messages: Map<string, Answer>;
  /** Filtered reads and searches, by question: positions. */
  readonly found: Map<string, readonly number[] | Refusal>;
  /** Queues that are listed, and how far they reach. */
  readonly ends: Map<string, string>;
  /** Progress of groups. */
  readonly groups: readonly GroupInfo[];
}

/**
 * Asks for everything.
 *
 * @param store An open store.
 * @returns What it says. Errors that the store does not declare are thrown.
 */
export async function askAll(store: Store): Promise<Answers> {
  const messages = new Map<string, Answer>();
  const found = new Map<string, readonly number[] | Refusal>();
  const ends = new Map<string, string>();
  for (const { topic, queues } of store.topics()) {
    for (const { queueId, earliestOffset, endOffset } of queues) {
      if (endOffset > 0) ends.set(`${topic}/${queueId}`, `${earliestOffset} to ${endOffset}`);
    }
  }
  for (const [topic, queueId] of SCENE_QUEUES) {
    const queue = store.queue(topic, queueId);
    await askQueue(queue, messages);
    for (const tags of SCENE_TAGS) {
      const read = () => queue.readBatch({ tags });
      found.set(`${topic}/${queueId} tags ${tags}`, await positions(read));
    }
  }
  for (const [topic, key] of SCENE_KEYS) {
    const find = () => Array.fromAsync(store.find(topic, key));
    found.set(`${topic} key ${key}`, await positions(find));
  }
  return { messages, found, ends, groups: store.groups() };
}

async function askQueue(queue: Queue, messages: Map<string, Answer>): Promise<void> {
  const place = `${queue.topic}/${queue.queueId}`;
  try {
    for (const message of await queue.readBatch()) {
      messages.set(`${place}/${message.offset}`, told(message));
    }
  } catch (error) {
    messages.set(`${place} at once`, new Refusal(error));
    await askOneByOne(queue, messages);
  }
}

async function askOneByOne(queue: Queue, messages: Map<string, Answer>): Promise<void> {
  for (let from = queue.earliestOffset; from < queue.endOffset; from++) {
    const name = `${queue.topic}/${queue.queueId}/${from}`;
    try {
      const [message] = await queue.readBatch({ from, limit: 1 });
      if (message?.offset === from) messages.set(name, told(message));
    } catch (error) {
      messages.set(name, new Refusal(error));
    }
  }
}

async function positions(
  ask: () => Promise<readonly StoredMessage[]>,
): Promise<readonly number[] | Refusal> {
  try {
    return (await ask()).map(({ position }) => position);
  } catch (error) {
    return new Refusal(error);
  }
}

function told(message: StoredMessage): Told {
  const { topic, queueId, offset, position, byteLength, flag, sysFlag } = message;
  const { storeTimestamp, bornTimestamp, bornHost, storeHost, reconsumeTimes } = message;
  let text = `${topic} ${queueId} ${offset} ${position} ${byteLength} ${flag} ${sysFlag} ` +
    `${storeTimestamp} ${bornTimestamp} ${bornHost} ${storeHost} ${reconsumeTimes} `;
  for (const [name, value] of message.properties) text += `${name}=${value};`;
  return { position, text: `${text} ${message.text()}` };
}
