/**
 * Everything that a correct store knows about a golden store, in one object.
 *
 * It follows from the records alone. Java's records were compared with the raw bytes of the log and
 * are right in every golden store; its answers to questions are not, and each wrong one says why
 * ({@linkcode Deviation}).
 *
 * @module
 */
import {
  type Deviation,
  type ExpectedFind,
  expectedFinds,
  type ExpectedRead,
  expectedReads,
  type ExpectedTime,
  expectedTimes,
  queueDeviation,
} from "./golden_answers.ts";
import type { Manifest } from "./golden_manifest.ts";
import {
  type ExpectedMessage,
  type ExpectedQueue,
  messagesOf,
  queuesOf,
} from "./golden_messages.ts";

export type { Deviation, ExpectedFind, ExpectedRead, ExpectedTime } from "./golden_answers.ts";
export type { ExpectedMessage, ExpectedQueue } from "./golden_messages.ts";

/** What is in a store and what it answers. */
export interface ExpectedStore {
  /** Position of the first record of the log. */
  readonly from: number;
  /** Position after its last one. */
  readonly to: number;
  /** All records in log order, also prepared and rollback ones. */
  readonly messages: readonly ExpectedMessage[];
  /** Position and byte length of every blank record. */
  readonly blanks: readonly (readonly [position: number, byteLength: number])[];
  /** The queues that these records make. */
  readonly queues: readonly JudgedQueue[];
  /** Reads from the edges of each queue, and by tag. */
  readonly reads: readonly ExpectedRead[];
  /** Searches by key. */
  readonly finds: readonly ExpectedFind[];
  /** Searches by time. */
  readonly times: readonly ExpectedTime[];
}

/** A queue, and why Java's is another one, if it is. */
export interface JudgedQueue extends ExpectedQueue {
  /** Why Java's queue begins elsewhere. */
  readonly deviation: Deviation | undefined;
}

/**
 * Works out what a correct store makes of a golden one.
 *
 * @param manifest The store's manifest.
 * @returns Records, queues and answers.
 * @throws {Error} If Java gave an answer that is neither right nor wrong for a known reason.
 */
export function expectedMessages(manifest: Manifest): ExpectedStore {
  const messages = messagesOf(manifest);
  const queues = queuesOf(manifest, messages);

  return {
    from: Math.max(0, manifest.java.log.minPhy),
    to: manifest.java.log.maxPhy,
    messages,
    blanks: manifest.java.blanks,
    queues: queues.map((queue) => ({ ...queue, deviation: queueDeviation(queue) })),
    reads: expectedReads(manifest, queues),
    finds: expectedFinds(manifest, messages),
    times: expectedTimes(manifest, queues),
  };
}
