/**
 * What a correct store answers to the questions that Java was asked, and why Java's answer is
 * another one where it is. An answer of Java that no known reason explains is an error, so no
 * difference goes unseen.
 *
 * @module
 */
import type { JavaGet, JavaQuery, JavaTime, Manifest } from "./golden_manifest.ts";
import { goldenGeometry } from "./golden_manifest.ts";
import { type ExpectedMessage, type ExpectedQueue, javaHash } from "./golden_messages.ts";

/** The most messages that a question of the harness asks for. */
const READ_COUNT = 32;

/**
 * Why an answer of Java is not the one of a correct store.
 *
 * | reason           | what Java does                                                             |
 * | ---------------- | -------------------------------------------------------------------------- |
 * | `batch-times`    | a batch queue is searched by time within one entry's accuracy, or worse    |
 * | `hash-collision` | two keys of one record with one hash: the record is found twice            |
 * | `indexed-again`  | a recovery indexes the last record of the newest index file a second time  |
 * | `index-hole`     | records from before the recovery's first file are missing in the index     |
 * | `no-index`       | no index was written                                                       |
 * | `one-queue-file` | a read ends with the queue file, so that fewer than asked for come back    |
 * | `schedule-tag`   | the tags code of a scheduled message is its delivery time; no tag matches  |
 * | `short-rebuild`  | lost queues are rebuilt from the last ten log files only                   |
 * | `stale-minimum`  | entries of deleted records count; one of them even yields another's record |
 * | `tag-expression` | the tag is taken for an expression: `a||b` means two tags                  |
 */
export type Deviation =
  | "batch-times"
  | "hash-collision"
  | "indexed-again"
  | "index-hole"
  | "no-index"
  | "one-queue-file"
  | "schedule-tag"
  | "short-rebuild"
  | "stale-minimum"
  | "tag-expression";

/** The right answer to a read of up to 32 messages from an offset. */
export interface ExpectedRead {
  /** Topic. */
  readonly topic: string;
  /** Queue. */
  readonly queueId: number;
  /** Offset asked for; it may be negative or beyond the end. */
  readonly from: number;
  /** Tag that the messages carry, literally; undefined for all. */
  readonly tag: string | undefined;
  /** Name of the `GetMessageStatus`. */
  readonly status: string;
  /** Where to go on. */
  readonly next: number;
  /** Positions of the records. */
  readonly positions: readonly number[];
  /** Java's answer. */
  readonly java: JavaGet;
  /** Why Java's answer is another one, if it is. */
  readonly deviation: Deviation | undefined;
}

/** The right answer to a search by key: each record once, ascending. */
export interface ExpectedFind {
  /** Topic. */
  readonly topic: string;
  /** Key: one of `KEYS`, or the `UNIQ_KEY`. */
  readonly key: string;
  /**
   * Positions of the records. Prepared records are found and rollback ones are not, as in RocketMQ.
   */
  readonly positions: readonly number[];
  /** Java's answer. */
  readonly java: JavaQuery;
  /** Why Java's answer is another one, if it is. */
  readonly deviation: Deviation | undefined;
}

/** The right answer to a search by time. A queue that does not exist answers 0 and 0. */
export interface ExpectedTime {
  /** Topic. */
  readonly topic: string;
  /** Queue. */
  readonly queueId: number;
  /** Time asked for. */
  readonly time: number;
  /** First offset stored at that time or later; the latest of the queue if there is none. */
  readonly lower: number;
  /** Last offset stored at that time or before; the earliest of the queue if there is none. */
  readonly upper: number;
  /** Java's answer. */
  readonly java: JavaTime;
  /** Why Java's answer is another one, if it is. */
  readonly deviation: Deviation | undefined;
}

/** Why Java's queue begins elsewhere or has other entries, if it does. */
export function queueDeviation(queue: ExpectedQueue): Deviation | undefined {
  const right = queue.messages.map((message) => [
    ...[message.offset, message.position, message.byteLength],
    ...[message.tagsCode, message.messageCount],
  ]);
  const { min, max, entries } = queue.java;
  const common = Math.min(right.length, entries.length);
  const isTail = max === queue.latest &&
    String(right.slice(right.length - common)) === String(entries.slice(entries.length - common));

  if (isTail && min === queue.earliest && right.length === entries.length) return undefined;
  if (isTail && min < queue.earliest && common === right.length) return "stale-minimum";
  if (isTail && min > queue.earliest && common === entries.length) return "short-rebuild";
  throw unexplained("queue", queue.java);
}

/** Answers what Java was asked by `getMessage()`. */
export function expectedReads(
  manifest: Manifest,
  queues: readonly ExpectedQueue[],
): ExpectedRead[] {
  const { queueEntryCount } = goldenGeometry(manifest);

  return manifest.java.gets.map((java) => {
    const queue = findQueue(queues, java);
    if (queue === undefined) throw unexplained("read", java);
    const answer = readQueue(queue, java);
    const isSame = answer.status === java.status && answer.next === java.next &&
      String(answer.positions) === String(java.found);
    return {
      topic: java.topic,
      queueId: java.queueId,
      from: java.offset,
      tag: java.tag ?? undefined,
      ...answer,
      java,
      deviation: isSame ? undefined : readDeviation(queue, java, answer, queueEntryCount),
    };
  });
}

type ReadAnswer = Pick<ExpectedRead, "status" | "next" | "positions">;

function readQueue(queue: ExpectedQueue, { offset, tag }: JavaGet): ReadAnswer {
  const { earliest, latest } = queue;
  if (offset < earliest) return { status: "OFFSET_TOO_SMALL", next: earliest, positions: [] };
  if (offset === latest) return { status: "OFFSET_OVERFLOW_ONE", next: offset, positions: [] };
  if (offset > latest) return { status: "OFFSET_OVERFLOW_BADLY", next: latest, positions: [] };

  const positions: number[] = [];
  let next = offset;
  let count = 0;
  for (const message of queue.messages) {
    if (message.offset + message.messageCount <= offset) continue;
    if (count > 0 && count + message.messageCount > READ_COUNT) break;
    next = message.offset + message.messageCount;
    if (tag !== null && message.tags !== tag) continue;
    positions.push(message.position);
    count += message.messageCount;
  }
  return { status: count === 0 ? "NO_MATCHED_MESSAGE" : "FOUND", next, positions };
}

function readDeviation(
  queue: ExpectedQueue,
  java: JavaGet,
  right: ReadAnswer,
  queueEntryCount: number,
): Deviation {
  const reason = queueDeviation(queue);
  if (reason === "stale-minimum" && java.offset < queue.earliest) return reason;
  if (reason === "short-rebuild" && java.offset < java.min) return reason;

  if (java.tag !== null && java.status === "NO_MATCHED_MESSAGE") {
    if (java.topic === "SCHEDULE_TOPIC_XXXX") return "schedule-tag";
    if (java.tag.includes("||")) return "tag-expression";
  }
  const isPrefix = java.found.length > 0 &&
    String(right.positions.slice(0, java.found.length)) === String(java.found);
  if (isPrefix && java.next % queueEntryCount === 0) return "one-queue-file";
  throw unexplained("read", java);
}

/** Answers what Java was asked by `queryMessage()`. */
export function expectedFinds(
  manifest: Manifest,
  messages: readonly ExpectedMessage[],
): ExpectedFind[] {
  return manifest.java.queries.map((java) => {
    const found = messages.filter((message) =>
      message.topic === java.topic && message.transaction !== "rollback" &&
      indexKeys(message).includes(java.key)
    );
    const positions = found.map(({ position }) => position);
    const isSame = String(positions) === String(java.found);
    const deviation = isSame ? undefined : findDeviation(manifest, java, found);
    return { topic: java.topic, key: java.key, positions, java, deviation };
  });
}

function indexKeys({ keys, properties }: ExpectedMessage): string[] {
  return properties.UNIQ_KEY === undefined ? [...keys] : [properties.UNIQ_KEY, ...keys];
}

function findDeviation(
  manifest: Manifest,
  java: JavaQuery,
  right: readonly ExpectedMessage[],
): Deviation {
  const { index } = manifest.verify;
  const missing = right.filter(({ position }) => !java.found.includes(position));
  const isIndexed = ({ position }: ExpectedMessage) =>
    index.some(({ beginPhy, endPhy }) => position >= beginPhy && position <= endPhy);
  const twice = right.flatMap((message) =>
    indexKeys(message)
      .filter((key) => javaHash(`${java.topic}#${key}`) === javaHash(`${java.topic}#${java.key}`))
      .map(() => message.position)
  );

  if (String(twice) === String(java.found)) return "hash-collision";
  if (isIndexedAgain(manifest, java, right)) return "indexed-again";
  if (java.found.length === 0 && index.length === 0) return "no-index";
  const hasAllOthers = java.found.length === right.length - missing.length;
  if (hasAllOthers && missing.length > 0 && !missing.some(isIndexed)) return "index-hole";
  throw unexplained("search", java);
}

/**
 * Whether Java found each record once, but for the last ones of index files: `IndexService` goes on
 * after a crash with the record at `endPhyOffset`, not with the one after it.
 */
function isIndexedAgain(
  { clean, verify }: Manifest,
  java: JavaQuery,
  right: readonly ExpectedMessage[],
): boolean {
  const ends = new Set(verify.index.map(({ endPhy }) => endPhy));
  const [once, again] = [false, true].map((isRepeat) =>
    java.found.filter((position, at) => (position === java.found[at - 1]) === isRepeat)
  );
  return !clean && again.every((position) => ends.has(position)) &&
    String(once) === String(right.map(({ position }) => position));
}

/** Answers what Java was asked by `getOffsetInQueueByTime()`. */
export function expectedTimes(
  manifest: Manifest,
  queues: readonly ExpectedQueue[],
): ExpectedTime[] {
  return manifest.java.times.map((java) => {
    const { topic, queueId, time } = java;
    const queue = findQueue(queues, java);
    const before = queue?.messages.filter(({ storeTimestamp }) => storeTimestamp <= time) ?? [];
    const after = queue?.messages.find(({ storeTimestamp }) => storeTimestamp >= time);
    const lower = after?.offset ?? queue?.latest ?? 0;
    const upper = before.at(-1)?.offset ?? queue?.earliest ?? 0;
    const isSame = java.lower === lower && java.upper === upper;
    const deviation = isSame ? undefined : timeDeviation(queue, java, lower);
    return { topic, queueId, time, lower, upper, java, deviation };
  });
}

function timeDeviation(
  queue: ExpectedQueue | undefined,
  java: JavaTime,
  lower: number,
): Deviation {
  if (queue === undefined) throw unexplained("time", java);
  const isLowerFine = java.lower === lower || lower === queue.latest;
  if (queue.kind === "batch" && isLowerFine) return "batch-times";

  const reason = queueDeviation(queue);
  if (reason === "stale-minimum" && java.upper < queue.earliest) return reason;
  if (reason === "short-rebuild" && lower < queue.java.min) return reason;
  throw unexplained("time", java);
}

function findQueue(
  queues: readonly ExpectedQueue[],
  { topic, queueId }: { readonly topic: string; readonly queueId: number },
): ExpectedQueue | undefined {
  return queues.find((queue) => queue.topic === topic && queue.queueId === queueId);
}

function unexplained(question: string, java: unknown): Error {
  const answer = JSON.stringify(java).slice(0, 500);
  return new Error(`Cannot explain Java's answer to a ${question}: ${answer}`);
}
