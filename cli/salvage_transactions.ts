/**
 * Half messages of a damaged log: those of transactions that nothing in the log says are over are
 * stored anew, so that a broker asks their producers. A rescue decides no transaction.
 *
 * What a broker has done with it tells by offsets and positions of this log, which are others in
 * the new one; so that is left out, with what it speaks of. A half message is done with if the log
 * says so, if its message was committed, or if the broker gave it up. One that a broker has stored
 * again is carried over once.
 *
 * @module
 */
import {
  FIRST_HALF_NAME,
  FLAG_TRANSACTION_COMMIT,
  FLAG_TRANSACTION_MASK,
  HALF_DONE_TOPIC,
  HALF_GIVEN_UP_TOPIC,
  HALF_TOPIC,
  type RecordView,
} from "../storage/layout/mod.ts";
import type { Message } from "../storage/mod.ts";

/** A half message. */
export interface Half {
  readonly kind: "half";
  /** What a record says by that speaks of it, and of no other. */
  readonly names: readonly string[];
  /** What tells its transaction from others. */
  readonly transaction: string;
  readonly message: Message;
}

/** What is left to be done with half messages. */
export interface HalvesLeft {
  /** To be stored anew. */
  readonly messages: readonly Message[];
  /** How many were left out, as their transactions are over. */
  readonly overCount: number;
  /** How many were left out, as the broker has stored them again. */
  readonly againCount: number;
}

/** The tag of records that say what is done with. */
const DONE_TAG = "d";
const OFFSET = /^[0-9]{1,15}$/;

/** What a record says of a half message that it holds; `undefined` if it is another. */
export function halfPart(record: RecordView, message: Message | undefined): Half | undefined {
  if (message === undefined || record.topic() !== HALF_TOPIC) return undefined;
  const { queueId, queueOffset, position } = record;
  const uniqKey = record.uniqKey();
  const first = record.properties().get(FIRST_HALF_NAME);
  const places = [`${queueOffset}`, ...(first === undefined ? [] : [first])]
    .map((offset) => placeName(queueId, offset));
  const names = [...places, `position ${position}`, ...keyNames(uniqKey)];
  return { kind: "half", names, transaction: keyNames(uniqKey)[0] ?? places.at(-1)!, message };
}

/** Whether a record only says which half messages a broker has done with. */
export function tellsOfHalves(record: RecordView): boolean {
  return record.topic() === HALF_DONE_TOPIC;
}

function placeName(queueId: number, offset: string): string {
  return `offset ${queueId}/${offset}`;
}

function keyNames(uniqKey: string | undefined): string[] {
  return uniqKey === undefined ? [] : [`key ${uniqKey}`];
}

/** The half messages of one log, in the order of the log. */
export class SalvagedTransactions {
  #halves: Half[] = [];
  /** Names of those that are done with. */
  readonly #over = new Set<string>();

  wait(half: Half): void {
    this.#halves.push(half);
  }

  /** Takes what a record, of whatever topic, says of half messages. */
  learn(record: RecordView): void {
    for (const name of namesIn(record)) this.#over.add(name);
  }

  /** Gives what nothing says is over. */
  rest(): HalvesLeft {
    const halves = this.#halves;
    this.#halves = [];
    // What a broker has stored again is over with the others of its transaction.
    for (const { names } of halves) {
      if (this.#isOver(names)) names.forEach((name) => this.#over.add(name));
    }
    const waiting = halves.filter(({ names }) => !this.#isOver(names));
    const last = new Map(waiting.map((half) => [half.transaction, half]));
    const messages = waiting.filter((half) => last.get(half.transaction) === half)
      .map(({ message }) => message);
    return {
      messages,
      overCount: halves.length - waiting.length,
      againCount: waiting.length - messages.length,
    };
  }

  #isOver(names: readonly string[]): boolean {
    return names.some((name) => this.#over.has(name));
  }
}

/** Names of half messages that a record says are done with. */
function namesIn(record: RecordView): string[] {
  if (tellsOfHalves(record)) {
    if (record.tags() !== DONE_TAG) return [];
    return new TextDecoder().decode(record.body()).split(",")
      .filter((offset) => OFFSET.test(offset))
      .map((offset) => placeName(record.queueId, offset));
  }
  if (record.topic() === HALF_GIVEN_UP_TOPIC) return keyNames(record.uniqKey());
  if ((record.sysFlag & FLAG_TRANSACTION_MASK) !== FLAG_TRANSACTION_COMMIT) return [];
  return [`position ${record.preparedTransactionOffset}`, ...keyNames(record.uniqKey())];
}
