/**
 * Follows atomic groups through a walk over the log.
 *
 * @module
 */
import type { RecordView } from "../layout/mod.ts";

/** A part of the log that no reader of ours sees: `[from, to)`. */
export type HiddenRange = readonly [from: number, to: number];

/** Finds groups that are not whole. */
export class GroupTracker {
  /** Groups that something else follows, so that they will never be whole. */
  readonly hidden: HiddenRange[] = [];
  #start = -1;
  #end = -1;
  #next = 0;
  #count = 0;

  /** Position of the group that is not whole at the end of the walk; `undefined` if there is none. */
  get unfinished(): number | undefined {
    return this.#start === -1 ? undefined : this.#start;
  }

  /**
   * Takes the next record of the walk.
   *
   * @param record The record.
   */
  see(record: RecordView): void {
    const place = record.atomicGroup();
    const end = record.position + record.byteLength;
    const goesOn = place !== undefined && this.#start !== -1 && place.index === this.#next &&
      place.count === this.#count && record.position === this.#end;
    if (goesOn) {
      this.#next++;
      this.#end = end;
      if (this.#next === this.#count) this.#start = -1;
      return;
    }
    this.#breakOff();
    if (place === undefined || place.count === 1) return;
    if (place.index !== 0) {
      this.hidden.push([record.position, end]);
      return;
    }
    this.#start = record.position;
    this.#end = end;
    this.#next = 1;
    this.#count = place.count;
  }

  #breakOff(): void {
    if (this.#start !== -1) this.hidden.push([this.#start, this.#end]);
    this.#start = -1;
  }
}

/** Ranges of the log that no reader sees. */
export class HiddenRanges {
  readonly #ranges: HiddenRange[] = [];

  /** All of them, in order. */
  get all(): readonly HiddenRange[] {
    return this.#ranges;
  }

  /**
   * Adds ranges.
   *
   * @param ranges In any order; known ones count once.
   */
  add(ranges: readonly HiddenRange[]): void {
    for (const [from, to] of ranges) {
      if (!this.has(from)) this.#ranges.push([from, to]);
    }
    this.#ranges.sort((a, b) => a[0] - b[0]);
  }

  /**
   * Tells whether a record is hidden.
   *
   * @param position Position of the record.
   * @returns Whether it is.
   */
  has(position: number): boolean {
    if (this.#ranges.length === 0) return false;
    return this.#ranges.some(([from, to]) => from <= position && position < to);
  }
}
