/**
 * Judges what was delivered of messages that were sent to wait: each once, as it was sent, not
 * before its time, and in the order of those that wait as it does.
 *
 * A message is known by its queue and its number, which only grows; in what it says, the number
 * stands where other crash tests have the offset.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Message, StoredMessage } from "../../../storage/mod.ts";
import { formatPlace, SENT_QUEUES, sentKey, type SentPlace, sentPlace, sentText } from "../sent.ts";

/** What the judge looks at in a message. */
export type Delivered = Pick<StoredMessage, "bornTimestamp" | "keys" | "storeTimestamp" | "text">;

/** How a message waits: by a level, or until an exact time that is so far ahead. Ms. */
export type Delay = { readonly delayMs: number } | { readonly aheadMs: number };

/** How long that is, ms. */
export function waitOf(delay: Delay): number {
  return "aheadMs" in delay ? delay.aheadMs : delay.delayMs;
}

/** How a message waits: one of `delays`, which follows from its place. */
export function delayOf<D>({ queue, offset }: SentPlace, delays: readonly D[]): D {
  const mixed = Math.imul(offset * SENT_QUEUES.length + queue + 1, 0x9e3779b1) >>> 8;
  return delays[mixed % delays.length];
}

/** The message at a place, sent at a time in ms since epoch. */
export function delayedMessage(place: SentPlace, delays: readonly Delay[], now: number): Message {
  const delay = delayOf(place, delays);
  const message = { ...SENT_QUEUES[place.queue], body: sentText(place), keys: sentKey(place) };
  return "aheadMs" in delay
    ? { ...message, bornTimestamp: now, deliverAt: now + delay.aheadMs }
    : { ...message, ...delay };
}

/** What is known of one store. */
export class DelayJudge {
  readonly #delays: readonly Delay[];
  readonly #acknowledged = new Set<string>();
  /** Delivered in each queue, as of the last look. */
  readonly #found = SENT_QUEUES.map(() => new Set<string>());
  #waitedCount = 0;

  /** Judges messages that wait so. */
  constructor(delays: readonly Delay[]) {
    this.#delays = delays;
  }

  /** Messages that were acknowledged. */
  get acknowledgedCount(): number {
    return this.#acknowledged.size;
  }

  /** Messages that were there at the last look and had a delay. */
  get waitedCount(): number {
    return this.#waitedCount;
  }

  /** Messages that were there at the last look. */
  get foundCount(): number {
    return this.#found.reduce((sum, { size }) => sum + size, 0);
  }

  /** A message must be delivered sooner or later. */
  acknowledge(place: SentPlace): void {
    this.#acknowledged.add(formatPlace(place));
  }

  /**
   * Looks at all that is delivered now.
   *
   * @param queues What is in each of {@linkcode SENT_QUEUES}, in order.
   */
  look(queues: readonly (readonly Delivered[])[]): void {
    this.#waitedCount = 0;
    for (const [queue, messages] of queues.entries()) {
      const found = this.#lookAt(queue, messages);
      for (const name of this.#found[queue]) assert.ok(found.has(name), `${name} is still there`);
      this.#found[queue] = found;
    }
  }

  #lookAt(queue: number, messages: readonly Delivered[]): Set<string> {
    const found = new Set<string>();
    const last = new Map<Delay, number>();
    for (const message of messages) {
      const place = placeOf(message, queue);
      const name = formatPlace(place);
      assert.ok(!found.has(name), `${name} is delivered once`);
      found.add(name);
      const delay = delayOf(place, this.#delays);
      const delayMs = waitOf(delay);
      const waitedMs = message.storeTimestamp - message.bornTimestamp;
      assert.ok(waitedMs >= delayMs, `${name} waits ${delayMs} ms, and not ${waitedMs}`);
      const before = last.get(delay) ?? -1;
      assert.ok(before < place.offset, `${name} comes before ${queue}:${before}, as it was sent`);
      last.set(delay, place.offset);
      if (delayMs > 0) this.#waitedCount++;
    }
    return found;
  }

  /** Nothing waits any more, as of the last look. */
  end(): void {
    const missing = [...this.#acknowledged].filter((name) => {
      return !this.#found.some((found) => found.has(name));
    });
    const some = missing.slice(0, 5).join(", ");
    assert.equal(missing.length, 0, `acknowledged and never delivered: ${some}`);
  }
}

/** Where a message was sent, after a look whether it is what was sent. */
function placeOf(message: Delivered, queue: number): SentPlace {
  const place = sentPlace(message.text());
  assert.equal(place.queue, queue, `${formatPlace(place)} is in its queue`);
  assert.deepEqual(message.keys, [sentKey(place)]);
  return place;
}
