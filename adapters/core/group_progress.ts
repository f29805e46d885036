/**
 * The queues that a source holds for its group, and how far each is committed.
 *
 * @module
 */
import {
  type From,
  type GroupClaim,
  type Queue,
  queueName,
  type Store,
  type StoredMessage,
} from "../../storage/mod.ts";
import type { TopicFrom } from "../../storage/topic/mod.ts";

/** One queue of the group. */
interface HeldQueue {
  readonly lease: GroupClaim;
  /** Offset that was committed last; 0 before the first. */
  committed: number;
  /** Offset after the last message that was handed out. */
  delivered: number;
}

/** The progress of one group in one topic. */
export class GroupProgress {
  readonly #store: Store;
  readonly #group: string;
  readonly #topic: string;
  readonly #held: Map<number, HeldQueue> = new Map();
  #isEnded = false;

  /** Holds nothing yet. */
  constructor(store: Store, group: string, topic: string) {
    this.#store = store;
    this.#group = group;
    this.#topic = topic;
  }

  /**
   * Takes a queue for the group.
   *
   * @param queue Queue to take.
   * @param otherwise Where to start if the group never read the queue.
   * @returns Where to start.
   * @throws {GroupBusyError} If another source reads the queue for the group.
   */
  acquire(queue: Queue, otherwise: TopicFrom): From {
    const lease = this.#store.acquireGroup(this.#group, this.#topic, queue.queueId);
    this.#held.set(queue.queueId, { lease, committed: lease.offset ?? 0, delivered: 0 });
    if (lease.offset !== undefined) return lease.offset;
    return typeof otherwise === "function" ? otherwise(queue) : otherwise;
  }

  /** Notes that a message was handed out. */
  deliver(message: StoredMessage): void {
    const held = this.#held.get(message.queueId);
    if (held) held.delivered = message.nextOffset;
  }

  /**
   * Records that the group has done everything of the message's queue up to it. Never goes back.
   *
   * @param message The last message that was done.
   * @throws {TypeError} If the message is not of this source, or the group was given back.
   */
  commit(message: StoredMessage): void {
    const held = message.topic === this.#topic ? this.#held.get(message.queueId) : undefined;
    if (held === undefined) throw this.#refusal(message);
    if (message.nextOffset <= held.committed) return;
    held.committed = message.nextOffset;
    held.lease.done(held.committed);
    if (this.#isEnded) this.#releaseDone();
  }

  /** Nothing more will be handed out: gives each queue back as soon as its last message is committed. */
  end(): void {
    this.#isEnded = true;
    this.#releaseDone();
  }

  /** Gives everything back at once. */
  release(): void {
    for (const { lease } of this.#held.values()) lease.release();
    this.#held.clear();
  }

  #releaseDone(): void {
    for (const [queueId, { lease, committed, delivered }] of this.#held) {
      if (committed < delivered) continue;
      lease.release();
      this.#held.delete(queueId);
    }
  }

  #refusal({ topic, queueId, offset }: StoredMessage): TypeError {
    return new TypeError(
      `Cannot commit offset ${offset} of ${queueName(topic, queueId)} for group ${this.#group}: ` +
        `the source does not hold the queue; commit before the source is cancelled or disposed of`,
    );
  }
}
