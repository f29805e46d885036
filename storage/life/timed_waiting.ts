/**
 * Messages that wait for an exact time, in memory: by time, by offset and by the slot of
 * RocketMQ's timer. Of each only where it is and when it is due.
 *
 * @module
 */
import { compareTimed } from "../layout/mod.ts";

/** A message that waits. */
export interface Timed {
  readonly offset: number;
  readonly position: number;
  readonly byteLength: number;
  /** When it is due, ms since epoch. */
  readonly time: number;
  readonly slot: number;
  /** How often RocketMQ has stored it again. */
  readonly rolls: number;
  /** The key of what it takes back, if it is there for that. */
  readonly cancels: string | undefined;
  /** Whether it does not wait any more. */
  isDone: boolean;
}

/** All that wait, as far as was looked. */
export class TimedWaiting {
  /** A binary heap: the first by time and offset is at the top. Those that are done stay in it. */
  readonly #heap: Timed[] = [];
  /** By offset; before `#head` all are done. */
  #inOrder: Timed[] = [];
  #head = 0;
  readonly #slots = new Map<number, Set<Timed>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds one with a higher offset than all others; only with `byTime` it can be the first. */
  add(timed: Timed, byTime: boolean): void {
    this.#inOrder.push(timed);
    const slot = this.#slots.get(timed.slot);
    if (slot === undefined) this.#slots.set(timed.slot, new Set([timed]));
    else slot.add(timed);
    this.#count++;
    if (byTime) this.order(timed);
  }

  /** Lets one that was added come in its time. */
  order(timed: Timed): void {
    const heap = this.#heap;
    let at = heap.push(timed) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timed, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = timed;
  }

  /** It does not wait any more. */
  end(timed: Timed): void {
    if (timed.isDone) return;
    timed.isDone = true;
    this.#count--;
    const slot = this.#slots.get(timed.slot);
    slot?.delete(timed);
    if (slot?.size === 0) this.#slots.delete(timed.slot);
    while (this.#inOrder[this.#head]?.isDone) this.#head++;
    if (this.#head < 1024 || this.#head * 2 < this.#inOrder.length) return;
    this.#inOrder = this.#inOrder.slice(this.#head);
    this.#head = 0;
  }

  /** The one that is due first. */
  get first(): Timed | undefined {
    while (this.#heap[0]?.isDone) this.#removeTop();
    return this.#heap[0];
  }

  /** Takes the first out of the order of time; it waits until {@linkcode TimedWaiting.end}. */
  take(): Timed | undefined {
    const { first } = this;
    if (first !== undefined) this.#removeTop();
    return first;
  }

  /** The one with the lowest offset. */
  get lowest(): Timed | undefined {
    return this.#inOrder[this.#head];
  }

  /** All, by offset. */
  *inOrder(): Generator<Timed> {
    for (let at = this.#head; at < this.#inOrder.length; at++) {
      if (!this.#inOrder[at].isDone) yield this.#inOrder[at];
    }
  }

  /** Those of a slot, the latest first. */
  inSlot(slot: number): Timed[] {
    return [...this.#slots.get(slot) ?? []].reverse();
  }

  /** Whether another of its slot takes back what has one of these keys. */
  isTakenBack(slot: number, keys: readonly string[]): boolean {
    if (keys.length === 0) return false;
    for (const { cancels } of this.#slots.get(slot) ?? []) {
      if (cancels !== undefined && keys.includes(cancels)) return true;
    }
    return false;
  }

  #removeTop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(one: Timed, other: Timed): boolean {
  return compareTimed(one.time, one.offset, other.time, other.offset) < 0;
}
