/**
 * Judges a group that tries again what fails: each message is handled, each try that fails leaves
 * one copy, and what is to be in order is.
 *
 * A try is known by the place of its message and its number, as in `0:17 try 2`. Lines of the
 * journal, each of one life of the consumer:
 *
 * | line                   | says                                             |
 * | ---------------------- | ------------------------------------------------ |
 * | `open LIFE`            | the life has begun, and the one before has ended |
 * | `begin LIFE PLACE TRY` | the try begins                                   |
 * | `done LIFE PLACE TRY`  | it ends well                                     |
 * | `fail LIFE PLACE TRY`  | it is about to fail                              |
 *
 * @module
 */
import assert from "node:assert/strict";
import type { StoredMessage } from "../../../storage/mod.ts";
import {
  formatPlace,
  parsePlace,
  READ_QUEUE_COUNT,
  READ_TOPIC,
  sentKey,
  type SentPlace,
  sentPlace,
} from "../sent.ts";

/** How the group handles. */
export interface RetryPlan {
  /** What is handled one after the other. */
  readonly order: "queue" | "key";
  /** Messages that are handled at the same time, at most. */
  readonly concurrency: number;
}

/** What the judge looks at in a copy. */
export type Copy = Pick<StoredMessage, "keys" | "properties" | "reconsumeTimes" | "text">;

/** What the group has sent back. */
export interface Copies {
  /** In its retry topic. */
  readonly retried: readonly Copy[];
  /** In its topic of dead letters. */
  readonly dead: readonly Copy[];
}

/** What the judge was shown. */
export interface RetryTotals {
  /** Tries that ended, each time counted. */
  readonly tryCount: number;
  /** How many of them an earlier life had ended. */
  readonly repeatedCount: number;
  /** Copies, as of the last look. */
  readonly copyCount: number;
}

/** How often a message is tried again before it is a dead letter. */
export const RETRY_LIMIT = 2;

/** How often a message fails: most never, a few always. */
const FAILURES = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 9];

/** How often the message at a place fails, which is in its content. */
export function failuresOf({ queue, offset }: SentPlace): number {
  const mixed = Math.imul(offset * READ_QUEUE_COUNT + queue + 1, 0x9e3779b1) >>> 8;
  return FAILURES[mixed % FAILURES.length];
}

/** What a try fails with, in words. */
export function failureOf(place: SentPlace, attempt: number): string {
  return `${nameOf(place, attempt)} fails`;
}

/** What is known of one store. */
export class RetryJudge {
  readonly #plan: RetryPlan;
  /** Tries that ended in any life, and how. */
  readonly #ended = new Map<string, "done" | "fail">();
  /** Tries that had a copy at the last look. */
  #copied: ReadonlySet<string> = new Set();
  readonly #totals = { tryCount: 0, repeatedCount: 0, copyCount: 0 };
  /** Of the life that goes on: tries that have begun, */
  #begun = new Set<string>();
  /** those that are under way, with what no other may share meanwhile, */
  #running = new Map<string, string>();
  /** and the last offset that began, of what is to be in order. */
  #last = new Map<string, number>();

  /** Judges what such a group does. */
  constructor(plan: RetryPlan) {
    this.#plan = plan;
  }

  /** What was seen so far. */
  get totals(): RetryTotals {
    return this.#totals;
  }

  /** Takes the next line of the journal. */
  take(line: string): void {
    const [word, , place = "", attempt] = line.split(" ");
    if (word === "open") this.#open();
    else if (word === "begin") this.#begin(parsePlace(place), Number(attempt));
    else if (word === "done" || word === "fail") this.#end(nameOf(place, attempt), word);
    else assert.fail(`Cannot judge "${line}"`);
  }

  /** Looks at all copies, once the life before has ended and its lines were taken. */
  look({ retried, dead }: Copies): void {
    const copied = new Set<string>();
    for (const copy of retried) this.#lookAt(copy, copied, false);
    for (const copy of dead) this.#lookAt(copy, copied, true);
    for (const name of this.#copied) assert.ok(copied.has(name), `${name} still has its copy`);
    this.#copied = copied;
    this.#totals.copyCount = copied.size;
  }

  /**
   * Nothing is left to be handled, as of the last look.
   *
   * @param ends Offset after the last message of each queue.
   */
  end(ends: readonly number[]): void {
    for (const [queue, end] of ends.entries()) {
      for (let offset = 0; offset < end; offset++) this.#endOf({ queue, offset });
    }
  }

  #open(): void {
    this.#begun = new Set();
    this.#running = new Map();
    this.#last = new Map();
  }

  #begin(place: SentPlace, attempt: number): void {
    const { order, concurrency } = this.#plan;
    const name = nameOf(place, attempt);
    assert.ok(!this.#copied.has(name), `${name} is not made again once it was sent back`);
    assert.ok(!this.#begun.has(name), `${name} is made once in a life`);
    assert.ok(this.#running.size < concurrency, `${name} is one of ${concurrency} at once`);
    const home = attempt === 1 ? `${place.queue}` : "back";
    const lock = order === "queue" ? home : sentKey(place);
    for (const [other, held] of this.#running) {
      assert.notEqual(held, lock, `${name} waits for ${other}, which has the same ${order}`);
    }
    this.#begun.add(name);
    this.#running.set(name, lock);
    if (attempt === 1) this.#checkOrder(place, `${place.queue} ${lock}`);
  }

  /** What was not tried before is in the order of its queue, or of those in it with its key. */
  #checkOrder(place: SentPlace, line: string): void {
    const before = this.#last.get(line) ?? -1;
    const name = formatPlace(place);
    assert.ok(before < place.offset, `${name} comes before ${place.queue}:${before}`);
    this.#last.set(line, place.offset);
  }

  #end(name: string, word: "done" | "fail"): void {
    assert.ok(this.#running.delete(name), `${name} ends after it has begun`);
    this.#totals.tryCount++;
    if (this.#ended.has(name)) this.#totals.repeatedCount++;
    this.#ended.set(name, word);
  }

  #lookAt(copy: Copy, copied: Set<string>, isDead: boolean): void {
    const place = sentPlace(copy.text());
    const name = nameOf(place, copy.reconsumeTimes);
    assert.ok(!copied.has(name), `${name} is sent back once`);
    copied.add(name);
    assert.equal(this.#ended.get(name), "fail", `${name} is sent back because it failed`);
    const isLast = copy.reconsumeTimes > RETRY_LIMIT;
    assert.equal(isDead, isLast, `${name} is where its number says`);
    assert.deepEqual(copy.keys, [sentKey(place)]);
    assert.equal(copy.properties.get("RETRY_TOPIC"), READ_TOPIC);
    const cause = `Error: ${failureOf(place, copy.reconsumeTimes)}`;
    assert.equal(copy.properties.get("SB_CAUSE"), cause);
  }

  #endOf(place: SentPlace): void {
    const failures = Math.min(failuresOf(place), RETRY_LIMIT + 1);
    const last = Math.min(failures, RETRY_LIMIT) + 1;
    for (let attempt = 1; attempt <= last; attempt++) {
      const name = nameOf(place, attempt);
      const isFailing = attempt <= failures;
      assert.equal(this.#ended.get(name), isFailing ? "fail" : "done", `${name} was made`);
      assert.equal(this.#copied.has(name), isFailing, `${name} has ${isFailing ? "a" : "no"} copy`);
    }
  }
}

function nameOf(place: SentPlace | string, attempt: number | string): string {
  return `${typeof place === "string" ? place : formatPlace(place)} try ${attempt}`;
}
