/**
 * What groups have sent back, for people who look after it: what waits to be tried again, and dead
 * letters. A copy can be replayed, which is trying it now, or dropped. Either settles it: a record
 * of `STREAMBED_SENT_BACK` names its position, and the group passes over what lies there.
 *
 * @module
 */
import {
  CAUSE_NAME,
  DEAD_LETTER_PREFIX,
  DELAY_LEVELS_MS,
  REAL_TOPIC_NAME,
  RETRY_PREFIX,
  retryTopic,
  SCHEDULE_TOPIC,
  SENT_BACK_TOPIC,
  type SentBackCopy,
  tellsSettled,
  WAITED_NAME,
} from "../../storage/layout/mod.ts";
import { innerPortOf, isOwnMessage, type Store, type StoredMessage } from "../../storage/mod.ts";
import { TopicReader } from "../core/mod.ts";

/** A copy that was sent back and is not settled. */
export interface SentMessage {
  readonly group: string;
  readonly message: StoredMessage;
  /** When it is tried again, ms since epoch; `undefined` if that is now, or never by itself. */
  readonly dueTimestamp: number | undefined;
  /** Whether its group has given it up. */
  readonly isDead: boolean;
}

/** Copies that are settled together, and most bytes of theirs, unless one has more. */
const SETTLE_COUNT = 64;

/** Whether a copy was replayed or dropped by hand. */
export async function isSettled(store: Store, message: StoredMessage): Promise<boolean> {
  const waited = message.properties.get(WAITED_NAME);
  const places = [`${message.position}`];
  // A broker's copy of one of ours has the property too.
  if (waited !== undefined && isOwnMessage(store, message)) places.push(waited);
  for (const place of places) {
    for await (const record of store.find(SENT_BACK_TOPIC, place)) {
      if (isOwnMessage(store, record) && tellsSettled(record.properties)) return true;
    }
  }
  return false;
}

/** What waits to be tried again, of a group or of all: what is tried next comes first. */
export async function* listRetries(store: Store, group?: string): AsyncGenerator<SentMessage> {
  for (const topic of topicsOf(store, RETRY_PREFIX, group)) {
    const name = topic.slice(RETRY_PREFIX.length);
    const known = new Map(
      store.groups()
        .filter((one) => one.group === name && one.topic === topic)
        .map(({ queueId, offset }) => [queueId, offset]),
    );
    const resume = ({ queueId }: { readonly queueId: number }) => known.get(queueId);
    for await (const message of readAll(store, topic, { resume, isClamped: true })) {
      if (await isSettled(store, message)) continue;
      yield { group: name, message, dueTimestamp: undefined, isDead: false };
    }
  }
  yield* listWaiting(store, group);
}

/** Dead letters, of a group or of all. */
export async function* listDeadLetters(store: Store, group?: string): AsyncGenerator<SentMessage> {
  for (const topic of topicsOf(store, DEAD_LETTER_PREFIX, group)) {
    const name = topic.slice(DEAD_LETTER_PREFIX.length);
    for await (const message of readAll(store, topic)) {
      if (await isSettled(store, message)) continue;
      yield { group: name, message, dueTimestamp: undefined, isDead: true };
    }
  }
}

/**
 * Settles copies: each is replayed, which is a new copy in its group's retry topic, or dropped. A
 * dead letter starts anew with its first try. What a crash leaves undone is as it was.
 *
 * @param onProgress Told how many are settled by now.
 */
export async function settle(
  store: Store,
  sent: readonly SentMessage[],
  { replays, onProgress, signal }: {
    readonly replays: boolean;
    readonly onProgress?: (count: number) => void;
    readonly signal?: AbortSignal;
  },
): Promise<void> {
  const limit = store.info.geometry.segmentByteLength / 4;
  for (let at = 0; at < sent.length;) {
    signal?.throwIfAborted();
    const batch: SentMessage[] = [];
    let byteLength = 0;
    while (at < sent.length && batch.length < SETTLE_COUNT) {
      byteLength += sent[at].message.byteLength;
      if (batch.length > 0 && byteLength > limit) break;
      batch.push(sent[at++]);
    }
    const settled = batch.map(({ message }) => message.position);
    await innerPortOf(store).sendBack(replays ? batch.map(replayOf) : [], { settled });
    onProgress?.(at);
  }
}

function replayOf({ group, message, isDead }: SentMessage): SentBackCopy {
  return {
    message,
    topic: retryTopic(group),
    delayMs: 0,
    reconsumeTimes: isDead ? 0 : message.reconsumeTimes,
    cause: message.properties.get(CAUSE_NAME),
  };
}

/** What waits in the topic of delayed messages, in the order of the levels. */
async function* listWaiting(store: Store, group: string | undefined): AsyncGenerator<SentMessage> {
  for (const [level, from] of innerPortOf(store).delivered()) {
    const options = { queueIds: [level - 1], isClamped: true, from };
    for await (const message of readAll(store, SCHEDULE_TOPIC, options)) {
      const topic = message.properties.get(REAL_TOPIC_NAME) ?? "";
      const name = topic.startsWith(RETRY_PREFIX) ? topic.slice(RETRY_PREFIX.length) : undefined;
      if (name === undefined || (group !== undefined && name !== group)) continue;
      if (await isSettled(store, message)) continue;
      const dueTimestamp = message.storeTimestamp + DELAY_LEVELS_MS[level - 1];
      yield { group: name, message, dueTimestamp, isDead: false };
    }
  }
}

function topicsOf(store: Store, prefix: string, group: string | undefined): string[] {
  return store.topics()
    .map(({ topic }) => topic)
    .filter((topic) => topic.startsWith(prefix))
    .filter((topic) => group === undefined || topic === `${prefix}${group}`);
}

async function* readAll(
  store: Store,
  topic: string,
  options: ConstructorParameters<typeof TopicReader>[2] = {},
): AsyncGenerator<StoredMessage> {
  const reader = new TopicReader(store, topic, options);
  for (;;) {
    const messages = await reader.take();
    if (messages.length === 0) return;
    yield* messages;
  }
}
