/**
 * `streambed/offsets`: where queues go on whose messages are all deleted from the log.
 *
 * Nothing in the log says it then, and a queue that started at 0 again would give its groups nothing before it has come to where they
 * are. It is written before retention deletes the last message of a queue, and before anything that holds the number is removed. What
 * it says is a lower bound and never becomes wrong.
 *
 * Text in two lines as in `streambed/tables`, its first word is `streambed-offsets`; the JSON object has one member, `queues`, whose
 * items are those of `tables`. RocketMQ has no such file: it knows the number from the names and lengths of the queue's files alone.
 *
 * @module
 */
import { decodeCheckedJson, encodeCheckedJson, listOf } from "./checked_json.ts";
import { type SnapshotQueue, toQueue } from "./snapshot.ts";

const NAME = "offsets";

/** Where one queue goes on. */
export type NextOffset = Pick<SnapshotQueue, "topic" | "queueId" | "next" | "kind">;

/**
 * Encodes where queues go on.
 *
 * @param queues The queues.
 * @returns The file's bytes.
 */
export function encodeNextOffsets(queues: Iterable<NextOffset>): Uint8Array {
  const items = [...queues].map((
    { topic, queueId, next, kind },
  ) => [topic, queueId, next, next, kind]);
  return encodeCheckedJson(NAME, { queues: items });
}

/**
 * Decodes where queues go on.
 *
 * @param bytes The file's bytes, any.
 * @returns The queues, or `undefined` if it is not such a file, whole and well-formed.
 */
export function decodeNextOffsets(bytes: Uint8Array): NextOffset[] | undefined {
  return listOf(decodeCheckedJson(NAME, bytes)?.queues, toQueue);
}

/** Where queues go on at least, as far as it is known and durable. */
export class NextOffsets {
  readonly #queues = new Map<string, NextOffset>();

  /** The queues. */
  get all(): NextOffset[] {
    return [...this.#queues.values()];
  }

  /**
   * Takes over what was read, or is durable by now.
   *
   * @param queues The queues; of two numbers for one the higher counts.
   */
  learn(queues: Iterable<NextOffset>): void {
    for (const { topic, queueId, next, kind } of queues) {
      const key = `${queueId}@${topic}`;
      if (next > (this.#queues.get(key)?.next ?? 0)) {
        this.#queues.set(key, { topic, queueId, next, kind });
      }
    }
  }

  /**
   * Tells whether it is known where a queue goes on.
   *
   * @param queue The queue.
   * @returns Whether its next offset is no higher than what is known.
   */
  covers({ topic, queueId, next }: NextOffset): boolean {
    return next <= (this.#queues.get(`${queueId}@${topic}`)?.next ?? 0);
  }
}
