/**
 * What a history sent to a store, what the store promised about it, and whether the promises hold.
 *
 * @module
 */
import type { AppendResult, Durability, Message, StoredMessage } from "../../../storage/mod.ts";

/** A promise of the store does not hold; the message is `"kind: details"`. */
export class BrokenPromise extends Error {
  /** Name of the class. */
  override readonly name: string = "BrokenPromise";
}

/** What became of a message, as its sender knows. */
export type SentState = "pending" | "acknowledged" | "rejected" | "gone";

/** A message that was handed to the store. */
export interface SentMessage {
  /** 1 for the first of the history; they are handed over in this order. */
  readonly number: number;
  /** Which life of the process sent it. */
  readonly boot: number;
  /** What was sent. */
  readonly message: Message & { readonly body: Uint8Array; readonly queueId: number };
  /** Number of the first message of its atomic batch. */
  readonly group: number | undefined;
  /** What its sender knows. */
  state: SentState;
  /** What it survives, if that was promised. */
  promise: Durability | undefined;
  /** Where the store said that it is. */
  place:
    | Pick<AppendResult, "topic" | "queueId" | "offset" | "position" | "storeTimestamp">
    | undefined;
  /** Whether it was not promised, but shown as durable. */
  isShown: boolean;
}

/** All that a reader saw at one moment. */
export interface StoreView {
  /** First position of the log. */
  readonly earliestPosition: number;
  /** Offset after the last message of each queue, by `topic/queueId`. */
  readonly latest: ReadonlyMap<string, number>;
  /** Messages of all queues, queue by queue, in order. */
  readonly messages: readonly StoredMessage[];
}

/** How a view is judged. */
export interface ViewRules {
  /** What was promised before the reader looked. */
  readonly promised: readonly SentMessage[];
  /** Whether nothing is in flight: what is not seen is gone for ever, what is seen stays. */
  readonly isSettled: boolean;
  /** Whether what is seen was made durable before it was shown. */
  readonly isDurable: boolean;
}

/** Remembers what was sent. */
export class StoreLedger {
  /** All messages, by number from 1. */
  readonly sent: SentMessage[] = [];

  /** Enters a message that is about to be handed over. */
  enter(boot: number, message: SentMessage["message"], group: number | undefined): SentMessage {
    const number = this.sent.length + 1;
    const entry: SentMessage = {
      number,
      boot,
      message,
      group,
      state: "pending",
      promise: undefined,
      place: undefined,
      isShown: false,
    };
    this.sent.push(entry);
    return entry;
  }

  /** The store answered an append. */
  acknowledge(entry: SentMessage, place: AppendResult, durability: Durability): void {
    entry.state = "acknowledged";
    entry.place = place;
    if (entry.promise !== "flushed") entry.promise = durability;
    const { topic, queueId } = entry.message;
    require(
      place.topic === topic && place.queueId === queueId,
      "place",
      entry,
      "was acknowledged for another queue",
    );
  }

  /** The power was cut: what was only committed is not promised any more. */
  forgetCommitted(): void {
    for (const entry of this.sent) if (entry.promise === "committed") entry.promise = undefined;
  }

  /** The messages of which at least so much is promised now. */
  promised(least: Durability): readonly SentMessage[] {
    return this.sent.filter(({ promise }) =>
      promise !== undefined && (least === "committed" || promise === "flushed")
    );
  }

  /**
   * Judges what a reader saw.
   *
   * @param view What it saw.
   * @param rules How to judge.
   * @throws {BrokenPromise} If a promise does not hold.
   */
  check(view: StoreView, rules: ViewRules): void {
    const found = this.#identify(view);
    this.#checkOrder(found, view);
    this.#checkPromises(found, view, rules);
    this.#checkGroups(found, view);
    this.#checkHoles(found, view);
    if (rules.isSettled) this.#settle(found, view);
    if (rules.isDurable) {
      for (const [number, message] of found) this.#show(this.#of(number), message);
    }
  }

  /** The messages of a view that carry a key, newest first. */
  withKey(view: StoreView, topic: string, key: string): StoredMessage[] {
    return view.messages
      .filter((message) => message.topic === topic && message.keys.includes(key))
      .toSorted((a, b) => b.position - a.position);
  }

  #show(entry: SentMessage, message: StoredMessage): void {
    if (entry.promise !== "flushed") entry.isShown = true;
    entry.promise = "flushed";
    // Whoever sent it may never have been told; where it is decides whether it may be deleted
    // later.
    entry.place ??= message;
  }

  #of(number: number): SentMessage {
    return this.sent[number - 1];
  }

  /** Every message seen is one that was sent, as it was sent, and is seen once. */
  #identify({ messages }: StoreView): Map<number, StoredMessage> {
    const found = new Map<number, StoredMessage>();
    for (const message of messages) {
      const number = numberOf(message.body);
      const entry = this.#of(number);
      if (entry === undefined) {
        throw new BrokenPromise(`phantom: ${describe(message)} was never sent`);
      }
      const other = found.get(number);
      require(other === undefined, "twice", entry, `is at ${other?.position}, ${message.position}`);
      require(entry.state !== "gone", "revived", entry, `came back at ${message.position}`);
      compare(entry, message);
      found.set(number, message);
    }
    return found;
  }

  /** Offsets without a gap, and one order in all queues and in the log: the order of sending. */
  #checkOrder(found: ReadonlyMap<number, StoredMessage>, view: StoreView): void {
    const next = new Map<string, number>();
    for (const message of view.messages) {
      const queue = `${message.topic}/${message.queueId}`;
      const expected = next.get(queue) ?? message.offset;
      if (message.offset !== expected) {
        throw new BrokenPromise(`gap: ${describe(message)} stands where ${expected} should`);
      }
      next.set(queue, expected + 1);
    }
    for (const [queue, latest] of view.latest) {
      const end = next.get(queue) ?? latest;
      if (end !== latest) throw new BrokenPromise(`gap: ${queue} ends at ${end}, not ${latest}`);
    }
    const inLog = [...found].toSorted(([, a], [, b]) => a.position - b.position);
    inLog.forEach(([number, message], at) => {
      const before = inLog[at - 1];
      if (before === undefined) return;
      if (before[1].storeTimestamp > message.storeTimestamp) {
        throw new BrokenPromise(`clock: message ${number} is older than ${before[0]} before it`);
      }
      if (before[0] < number) return;
      throw new BrokenPromise(`order: message ${number} at ${message.position} after ${before[0]}`);
    });
  }

  #checkPromises(
    found: ReadonlyMap<number, StoredMessage>,
    view: StoreView,
    { promised }: ViewRules,
  ): void {
    for (const entry of promised) {
      const { place, isShown } = entry;
      const kind = isShown ? "taken" : "lost";
      const isDeleted = place !== undefined && place.position < view.earliestPosition;
      const { topic, queueId } = entry.message;
      const latest = view.latest.get(`${topic}/${queueId}`) ?? 0;
      require(
        place === undefined || latest > place.offset,
        kind,
        entry,
        `had offset ${place?.offset}, and the queue ends at ${latest}`,
      );
      require(
        found.has(entry.number) || isDeleted,
        kind,
        entry,
        `was ${entry.promise} at ${place?.position}`,
      );
    }
  }

  /** A group is there or not, and stands side by side. */
  #checkGroups(found: ReadonlyMap<number, StoredMessage>, view: StoreView): void {
    const groups = Map.groupBy(
      this.sent.filter(({ group }) => group !== undefined),
      (entry) => entry.group!,
    );
    for (const [group, members] of groups) {
      const there = members.filter(({ number }) => found.has(number));
      if (there.length === 0) continue;
      if (there.length < members.length) {
        throw new BrokenPromise(
          `half: group ${group} has ${there.length} of ${members.length} messages`,
        );
      }
      let position = found.get(group)!.position;
      for (const { number } of members) {
        const message = found.get(number)!;
        require(
          message.position === position,
          "apart",
          this.#of(number),
          `is at ${message.position}, not ${position}`,
        );
        position += message.byteLength;
      }
      require(position > view.earliestPosition, "half", this.#of(group), "is below the log");
    }
  }

  /** What a crash takes is a suffix of what was sent in that life. */
  #checkHoles(found: ReadonlyMap<number, StoredMessage>, view: StoreView): void {
    const first = Math.min(...found.keys());
    const lastOfBoot = new Map<number, number>();
    for (const number of found.keys()) {
      const { boot } = this.#of(number);
      lastOfBoot.set(boot, Math.max(lastOfBoot.get(boot) ?? 0, number));
    }
    for (const entry of this.sent) {
      if (found.has(entry.number) || entry.state === "rejected" || entry.state === "gone") continue;
      if (view.earliestPosition > 0 && entry.number < first) continue;
      const last = lastOfBoot.get(entry.boot) ?? 0;
      require(last < entry.number, "hole", entry, `is missing, and message ${last} is there`);
    }
  }

  /** The places are known now; what is not there must never come back. */
  #settle(found: ReadonlyMap<number, StoredMessage>, view: StoreView): void {
    const first = Math.min(...found.keys());
    for (const entry of this.sent) {
      const message = found.get(entry.number);
      if (message === undefined) {
        const isDeleted = view.earliestPosition > 0 && entry.number < first;
        if (!isDeleted) entry.state = "gone";
        continue;
      }
      if (entry.state === "pending") entry.state = "acknowledged";
      entry.place = message;
    }
  }
}

/** The number of the message that a body belongs to. */
export function numberOf(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset).getUint32(0);
}

/** A body that carries its message's number, and bytes that depend on it. */
export function numberedBody(number: number, byteLength: number): Uint8Array {
  const body = new Uint8Array(4 + byteLength);
  for (let at = 4; at < body.length; at++) body[at] = number * 31 + at * 7;
  new DataView(body.buffer).setUint32(0, number);
  return body;
}

function compare(entry: SentMessage, message: StoredMessage): void {
  const { topic, queueId, body, tags, keys = [] } = entry.message;
  const isSame = message.topic === topic && message.queueId === queueId &&
    message.tags === tags && message.keys.join(" ") === [keys].flat().join(" ") &&
    message.body.length === body.length && message.body.every((byte, at) => byte === body[at]);
  require(isSame, "wrong", entry, `is not what ${describe(message)} holds`);
  const { place } = entry;
  if (place === undefined) return;
  const isThere = place.offset === message.offset && place.position === message.position &&
    place.storeTimestamp === message.storeTimestamp;
  require(isThere, "moved", entry, `was at ${place.position}, and is at ${message.position}`);
}

function require(holds: boolean, kind: string, entry: SentMessage, what: string): void {
  if (!holds) throw new BrokenPromise(`${kind}: message ${entry.number} (${entry.state}) ${what}`);
}

function describe({ topic, queueId, offset, position }: StoredMessage): string {
  return `${topic}/${queueId} offset ${offset} at ${position}`;
}
