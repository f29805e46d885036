/**
 * The queues that a source holds for its group, and how far each is done.
 *
 * @module
 */
import {
  argumentError,
  type HeldClaim,
  innerPortOf,
  type Queue,
  queueName,
  type Store,
  type StoredMessage,
} from "../../storage/mod.ts";

interface HeldQueue {
  readonly claim: HeldClaim;
  /** Offset that the group reads next; 0 before the first. */
  done: number;
  /** Offset after the last message that was handed out. */
  delivered: number;
  /** Offset after the last message that has to be done; what follows is passed over. */
  awaited: number;
  /** What {@linkcode awaited} was before the last message was handed out. */
  awaitedBefore: number;
}

const NOTHING_YET = { delivered: 0, awaited: 0, awaitedBefore: 0 };

/** The progress of one group in one topic. */
export class GroupProgress {
  readonly #store: Store;
  readonly #group: string;
  readonly #topic: string;
  readonly #held: Map<number, HeldQueue> = new Map();
  #isEnded = false;

  constructor(store: Store, group: string, topic: string) {
    this.#store = store;
    this.#group = group;
    this.#topic = topic;
  }

  /**
   * Takes a queue for the group; gives the offset to go on from, if it was ever read.
   *
   * @throws {StoreError<"GROUP_BUSY">} If another source reads the queue for the group.
   */
  claim({ queueId }: Queue): number | undefined {
    const claim = innerPortOf(this.#store).claim({
      group: this.#group,
      topic: this.#topic,
      queueId,
    });
    this.#held.set(queueId, { claim, done: claim.offset ?? 0, ...NOTHING_YET });
    return claim.offset;
  }

  deliver(message: StoredMessage): void {
    const held = this.#held.get(message.queueId);
    if (held === undefined) return;
    held.awaitedBefore = held.awaited;
    held.awaited = held.delivered = message.nextOffset;
  }

  /** The message that was handed out last is done as soon as all before it are. */
  pass(message: StoredMessage): void {
    const held = this.#held.get(message.queueId);
    if (held === undefined) return;
    held.awaited = held.awaitedBefore;
    this.#advance(held, held.done);
  }

  /**
   * Records that the group has done the message's queue up to it; never goes back.
   *
   * @throws {TypeError} If the message is not of this source, or the group was given back.
   */
  done(message: StoredMessage): void {
    const held = message.topic === this.#topic ? this.#held.get(message.queueId) : undefined;
    if (held === undefined) throw this.#refusal(message);
    if (message.nextOffset <= held.done) return;
    this.#advance(held, message.nextOffset);
    if (this.#isEnded) this.#releaseDone();
  }

  /** Nothing more is handed out: gives each queue back once its last message is done. */
  end(): void {
    this.#isEnded = true;
    this.#releaseDone();
  }

  /** Gives everything back at once. */
  release(): void {
    for (const { claim } of this.#held.values()) claim.release();
    this.#held.clear();
  }

  /** Done up to an offset, and what is passed over behind it. */
  #advance(held: HeldQueue, offset: number): void {
    const done = offset >= held.awaited ? Math.max(offset, held.delivered) : offset;
    if (done === held.done) return;
    held.done = done;
    held.claim.done(done);
  }

  #releaseDone(): void {
    for (const [queueId, { claim, done, delivered }] of this.#held) {
      if (done < delivered) continue;
      claim.release();
      this.#held.delete(queueId);
    }
  }

  #refusal({ topic, queueId, offset }: StoredMessage): TypeError {
    return argumentError(
      "ERR_INVALID_ARG_VALUE",
      `Cannot say that offset ${offset} of ${queueName(topic, queueId)} is done: the source does ` +
        `not hold it for group ${this.#group}; say it before it is cancelled or disposed of`,
    );
  }
}
