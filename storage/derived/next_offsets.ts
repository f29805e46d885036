/**
 * `streambed/offsets`: the next offset of queues whose messages the log no longer holds.
 *
 * The log cannot tell these offsets. A queue that started again at 0 would give its groups nothing
 * until it reached their offsets. The file is written before retention deletes the last message of
 * a queue, and before anything else that holds the number is removed. Its numbers are lower bounds,
 * so they never become wrong.
 *
 * Two lines of text as in `streambed/tables`, but the first word is `streambed-offsets` and the
 * JSON object has one member, `queues`, with items as in `tables`. RocketMQ has no such file: it
 * tells the number from the names and lengths of the queue's files.
 *
 * @module
 */
import { decodeCheckedJson, encodeCheckedJson, listOf } from "./checked_json.ts";
import { type SnapshotQueue, toQueue } from "./snapshot.ts";

const NAME = "offsets";

/** The next offset of one queue. */
export type NextOffset = Pick<SnapshotQueue, "topic" | "queueId" | "next" | "kind">;

/** Encodes next offsets as the bytes of the file. */
export function encodeNextOffsets(queues: Iterable<NextOffset>): Uint8Array {
  const items = [...queues].map((one) => [one.topic, one.queueId, one.next, one.next, one.kind]);
  return encodeCheckedJson(NAME, { queues: items });
}

/** Decodes the bytes of the file; `undefined` if they are damaged or not well-formed. */
export function decodeNextOffsets(bytes: Uint8Array): NextOffset[] | undefined {
  return listOf(decodeCheckedJson(NAME, bytes)?.queues, toQueue);
}

/** The next offsets that are known and flushed, as lower bounds. */
export class NextOffsets {
  readonly #queues = new Map<string, NextOffset>();

  get all(): NextOffset[] {
    return [...this.#queues.values()];
  }

  /** Adds offsets that were read or flushed; the higher one of a queue counts. */
  learn(queues: Iterable<NextOffset>): void {
    for (const { topic, queueId, next, kind } of queues) {
      const key = `${queueId}@${topic}`;
      if (next > (this.#queues.get(key)?.next ?? 0)) {
        this.#queues.set(key, { topic, queueId, next, kind });
      }
    }
  }

  /** Tells whether the known offset of a queue is at least its `next`. */
  covers({ topic, queueId, next }: NextOffset): boolean {
    return next <= (this.#queues.get(`${queueId}@${topic}`)?.next ?? 0);
  }
}
