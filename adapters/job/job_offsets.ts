/**
 * How far a job has read its topic, as a checkpoint keeps it: `<topic>/<queueId>` to the next
 * offset.
 *
 * @module
 */
import { checkpointAhead, type Queue, queueName, type Store } from "../../storage/mod.ts";
import type { SourceOffsets } from "../checkpoint/mod.ts";

/**
 * Other names may begin like the topic's: a job chooses them freely for sources that are not
 * topics.
 */
const QUEUE_NUMBER = /^[0-9]{1,9}$/;

export class JobOffsets {
  readonly #topic: string;
  readonly #offsets: Record<string, number | string>;

  constructor(topic: string, offsets: SourceOffsets = {}) {
    this.#topic = topic;
    this.#offsets = { ...offsets };
  }

  /** Everything a checkpoint keeps. */
  get all(): SourceOffsets {
    return { ...this.#offsets };
  }

  /** Offset to go on from; `undefined` if the queue was never read. */
  get(queueId: number): number | undefined {
    const offset = this.#offsets[this.#name(queueId)];
    return typeof offset === "number" ? offset : undefined;
  }

  set(queueId: number, offset: number): void {
    this.#offsets[this.#name(queueId)] = offset;
  }

  /**
   * Makes sure that the source still has what the job has read.
   *
   * @throws {StoreError<"CHECKPOINT_AHEAD">} If a queue ends before the offset.
   */
  checkBehind(job: string, store: Store): void {
    for (const queue of this.#queues(store)) {
      const offset = this.get(queue.queueId) ?? 0;
      // What was flushed when the job saw it is in the log after any crash, but perhaps not known
      // as flushed.
      const { endOffset } = queue;
      if (offset <= endOffset) continue;
      throw checkpointAhead(job, queueName(queue.topic, queue.queueId), {
        offset,
        latest: endOffset,
      });
    }
  }

  #queues(store: Store): Queue[] {
    const prefix = this.#name("");
    return Object.keys(this.#offsets)
      .filter((name) => name.startsWith(prefix) && QUEUE_NUMBER.test(name.slice(prefix.length)))
      .map((name) => store.queue(this.#topic, Number(name.slice(prefix.length))));
  }

  #name(queueId: number | ""): string {
    return `${this.#topic}/${queueId}`;
  }
}
