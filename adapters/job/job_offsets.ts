/**
 * How far a job has read its topic, as a checkpoint keeps it: `<topic>/<queueId>` to the next
 * offset.
 *
 * @module
 */
import { checkpointAhead, queueName, type Store } from "../../storage/mod.ts";
import type { SourceOffsets } from "../checkpoint/mod.ts";

/**
 * Other names may begin like the topic's: a job chooses them freely for sources that are not
 * topics.
 */
const QUEUE_NUMBER = /^(0|[1-9][0-9]{0,8})$/;

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
    const prefix = this.#name("");
    for (const [name, offset] of Object.entries(this.#offsets)) {
      const queueId = name.startsWith(prefix) ? name.slice(prefix.length) : "";
      if (!QUEUE_NUMBER.test(queueId) || typeof offset !== "number") continue;
      // What was flushed when the job saw it is in the log after any crash, but perhaps not known
      // as flushed.
      const queue = store.queue(this.#topic, Number(queueId));
      if (offset <= queue.endOffset) continue;
      const latest = queue.endOffset;
      throw checkpointAhead(job, queueName(queue.topic, queue.queueId), { offset, latest });
    }
  }

  #name(queueId: number | ""): string {
    return `${this.#topic}/${queueId}`;
  }
}
