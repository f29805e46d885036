/**
 * Where the next message of a queue goes, and what happens to its entry and keys once it is
 * committed.
 *
 * @module
 */
import type { TopicsFile } from "../broker/mod.ts";
import type { Derived, EntryQueue } from "../derived/mod.ts";
import { argumentError } from "../errors.ts";
import {
  encodeMessageInto,
  keepBody,
  type PreparedMessage,
  type RecordPlace,
} from "../layout/mod.ts";
import type { AppendQueue, StagingBuffer } from "../log/mod.ts";

/** Takes a message that waits, once it is committed. */
type OnWaiting = (message: PreparedMessage, storeTimestamp: number) => void;

/** A queue that messages are written to. */
class WriterQueue implements AppendQueue<PreparedMessage> {
  readonly topic: string;
  readonly queueId: number;
  #nextOffset: number;
  readonly #queue: EntryQueue;
  readonly #derived: Derived;
  readonly #onWaiting: OnWaiting;

  constructor(queue: EntryQueue, derived: Derived, onWaiting: OnWaiting) {
    this.topic = queue.topic;
    this.queueId = queue.queueId;
    this.#queue = queue;
    this.#derived = derived;
    this.#onWaiting = onWaiting;
    this.#nextOffset = queue.next;
  }

  encode(message: PreparedMessage, staging: StagingBuffer, place: RecordPlace): void {
    place.queueOffset = this.#nextOffset;
    staging.used = encodeMessageInto(staging.bytes, staging.view, staging.used, message, place);
    this.#nextOffset++;
  }

  keep(message: PreparedMessage): void {
    keepBody(message);
  }

  put(position: number, message: PreparedMessage, storeTimestamp: number): void {
    this.#derived.append(this.#queue, message, position, storeTimestamp);
    if (message.deliveredTo !== undefined) this.#onWaiting(message, storeTimestamp);
  }
}

/** The queues that are written to; others cost nothing here. */
export class WriterQueues {
  readonly #derived: Derived;
  readonly #topics: TopicsFile;
  readonly #onWaiting: OnWaiting;
  readonly #known = new Map<string, WriterQueue[]>();
  // Messages come in runs of one topic.
  #lastTopic: string | undefined;
  #lastQueues: WriterQueue[] = [];

  /**
   * A queue that is written to for the first time since opening is added to `topics`. `onWaiting`
   * is told of each message that waits, once it is committed.
   */
  constructor(derived: Derived, topics: TopicsFile, onWaiting: OnWaiting) {
    this.#derived = derived;
    this.#topics = topics;
    this.#onWaiting = onWaiting;
  }

  /**
   * The queue that a message goes to.
   *
   * @throws {TypeError} If the topic's queues are of RocketMQ's batch kind.
   */
  of({ topic, queueId, deliveredTo }: PreparedMessage): AppendQueue {
    // A broker serves what it will deliver only if it knows the topic.
    if (deliveredTo !== undefined) {
      this.#refuseBatches(deliveredTo.topic);
      this.#topics.ensure(deliveredTo.topic, deliveredTo.queueId);
    }
    if (topic !== this.#lastTopic) {
      const known = this.#known.get(topic);
      this.#lastQueues = known ?? [];
      if (known === undefined) this.#known.set(topic, this.#lastQueues);
      this.#lastTopic = topic;
    }
    return this.#lastQueues[queueId] ?? this.#add(this.#lastQueues, topic, queueId);
  }

  #refuseBatches(topic: string): void {
    if (this.#derived.queues.kindOf(topic) !== "batch") return;
    throw argumentError(
      "ERR_INVALID_ARG_VALUE",
      `Cannot append to topic ${JSON.stringify(topic)}: ` +
        "its queues hold RocketMQ's inner batches; use another topic",
    );
  }

  #add(queues: WriterQueue[], topic: string, queueId: number): WriterQueue {
    this.#refuseBatches(topic);
    const entries = this.#derived.queues.ensure(topic, queueId);
    const queue = new WriterQueue(entries, this.#derived, this.#onWaiting);
    queues[queueId] = queue;
    this.#topics.ensure(topic, queueId);
    return queue;
  }
}
