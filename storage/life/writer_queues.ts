/**
 * Where the next message of a queue goes, and what becomes of its entry and keys once it is
 * committed.
 *
 * @module
 */
import type { TopicsFile } from "../broker/mod.ts";
import { assert } from "../assert.ts";
import { ConsumeQueue, type Derived, StagedEntries } from "../derived/mod.ts";
import { argumentError } from "../errors.ts";
import {
  encodeMessageInto,
  indexSeed,
  keepBody,
  type PreparedMessage,
  type RecordPlace,
} from "../layout/mod.ts";
import type { AppendQueue, StagingBuffer } from "../log/mod.ts";
import type { StoreEvents } from "../store_events.ts";
import type { StoreFiles } from "./store_files.ts";

/** Takes a message that waits, once it is committed. */
type OnWaiting = (message: PreparedMessage, storeTimestamp: number) => void;

/** A message that waits, and when it was stored. */
interface Waiting {
  readonly message: PreparedMessage;
  readonly storeTimestamp: number;
}

/** A queue that messages are written to. */
class WriterQueue implements AppendQueue<PreparedMessage> {
  readonly topic: string;
  readonly queueId: number;
  #nextOffset: number;
  readonly #queue: ConsumeQueue;
  readonly #keySeed: number;
  readonly #staged: StagedEntries;
  readonly #waiting: Waiting[];

  constructor(queue: ConsumeQueue, staged: StagedEntries, waiting: Waiting[]) {
    this.topic = queue.topic;
    this.queueId = queue.queueId;
    this.#queue = queue;
    this.#keySeed = indexSeed(queue.topic);
    this.#staged = staged;
    this.#waiting = waiting;
    this.#nextOffset = queue.next;
  }

  encode(message: PreparedMessage, staging: StagingBuffer, place: RecordPlace): void {
    place.queueOffset = this.#nextOffset;
    staging.used = encodeMessageInto(staging.bytes, staging.view, staging.used, message, place);
    this.#nextOffset++;
    this.#staged.add(this.#queue, this.#keySeed, message, place);
    if (message.deliveredTo === undefined) return;
    this.#waiting.push({ message, storeTimestamp: place.storeTimestamp });
  }

  keep(message: PreparedMessage): void {
    keepBody(message);
  }
}

/** The queues that are written to; others cost nothing here. */
export class WriterQueues {
  readonly #derived: Derived;
  readonly #events: StoreEvents;
  readonly #topics: TopicsFile;
  readonly #onWaiting: OnWaiting;
  readonly #staged = new StagedEntries();
  readonly #waiting: Waiting[] = [];
  readonly #known = new Map<string, WriterQueue[]>();
  // Messages come in runs of one topic.
  #lastTopic: string | undefined;
  #lastQueues: WriterQueue[] = [];

  /**
   * A queue that is written to for the first time since opening is added to `topics`. `onWaiting`
   * is told of each message that waits, once it is committed.
   */
  constructor(
    { derived, events }: Pick<StoreFiles, "derived" | "events">,
    topics: TopicsFile,
    onWaiting: OnWaiting,
  ) {
    this.#derived = derived;
    this.#events = events;
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

  /** Puts entries and keys of what was encoded, now that it is committed. */
  dispatch(): void {
    const appended = this.#events.isHeard("streambed:append") ? this.#staged.perTopic() : undefined;
    this.#derived.putStaged(this.#staged);
    appended?.forEach((one) => this.#events.tell("streambed:append", () => one));
    for (const { message, storeTimestamp } of this.#waiting.splice(0)) {
      this.#onWaiting(message, storeTimestamp);
    }
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
    assert(entries instanceof ConsumeQueue, "Other queues were refused");
    const queue = new WriterQueue(entries, this.#staged, this.#waiting);
    queues[queueId] = queue;
    this.#topics.ensure(topic, queueId);
    return queue;
  }
}
