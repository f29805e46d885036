/**
 * What is derived from records that are encoded and not committed: queue entries and keys, in
 * columns, by runs of one queue.
 *
 * @module
 */
import {
  highWord,
  lowWord,
  type PreparedMessage,
  type QueueEntryColumns,
  type RecordPlace,
} from "../layout/mod.ts";
import { KeyColumns } from "./index/mod.ts";
import type { ConsumeQueue } from "./queue/mod.ts";

const FIRST_CAPACITY = 256;

/** How much of what is staged goes to one topic. */
export interface TopicShare {
  readonly topic: string;
  readonly count: number;
  /** Of the records, bytes. */
  readonly byteLength: number;
}

/** Entries and keys, in the order of the log. */
export class StagedEntries implements QueueEntryColumns {
  positions: Float64Array = new Float64Array(FIRST_CAPACITY);
  byteLengths: Int32Array = new Int32Array(FIRST_CAPACITY);
  tagsCodesHigh: Int32Array = new Int32Array(FIRST_CAPACITY);
  tagsCodesLow: Int32Array = new Int32Array(FIRST_CAPACITY);
  readonly keys: KeyColumns = new KeyColumns();
  #count = 0;
  /** The queue of each run, and where the run ends. */
  readonly #queues: ConsumeQueue[] = [];
  readonly #ends: number[] = [];

  /** Adds what follows from a record. */
  add(queue: ConsumeQueue, keySeed: number, message: PreparedMessage, place: RecordPlace): void {
    const at = this.#count++;
    if (at === this.byteLengths.length) this.#grow();
    const { position, storeTimestamp } = place;
    const { uniqKey, keys, delayMs } = message;
    this.positions[at] = position;
    this.byteLengths[at] = message.byteLength;
    if (delayMs === undefined) {
      this.tagsCodesHigh[at] = message.tagsCodeHigh;
      this.tagsCodesLow[at] = message.tagsCodeLow;
    } else {
      // Of a message that waits, it is when that ends.
      const deliverTimestamp = storeTimestamp + delayMs;
      this.tagsCodesHigh[at] = highWord(deliverTimestamp);
      this.tagsCodesLow[at] = lowWord(deliverTimestamp);
    }
    const run = this.#queues.length - 1;
    if (run >= 0 && this.#queues[run] === queue) this.#ends[run] = at + 1;
    else {
      this.#queues.push(queue);
      this.#ends.push(at + 1);
    }
    if (uniqKey !== undefined || keys !== undefined) {
      this.keys.addOf(keySeed, uniqKey, keys, position, storeTimestamp);
    }
  }

  /** Puts the entries into their queues. */
  putEntries(): void {
    let from = 0;
    for (let run = 0; run < this.#queues.length; run++) {
      this.#queues[run].putRun(this, from, this.#ends[run]);
      from = this.#ends[run];
    }
  }

  /** What was added for each topic, which are few. */
  perTopic(): TopicShare[] {
    const shares = new Map<string, { topic: string; count: number; byteLength: number }>();
    let from = 0;
    for (const [run, { topic }] of this.#queues.entries()) {
      const end = this.#ends[run];
      const share = shares.get(topic) ?? { topic, count: 0, byteLength: 0 };
      shares.set(topic, share);
      share.count += end - from;
      for (; from < end; from++) share.byteLength += this.byteLengths[from];
    }
    return [...shares.values()];
  }

  clear(): void {
    this.#count = 0;
    this.#queues.length = 0;
    this.#ends.length = 0;
    this.keys.count = 0;
  }

  #grow(): void {
    this.positions = grown(this.positions, new Float64Array(2 * this.positions.length));
    this.byteLengths = grown(this.byteLengths, new Int32Array(2 * this.byteLengths.length));
    this.tagsCodesHigh = grown(this.tagsCodesHigh, new Int32Array(2 * this.tagsCodesHigh.length));
    this.tagsCodesLow = grown(this.tagsCodesLow, new Int32Array(2 * this.tagsCodesLow.length));
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
