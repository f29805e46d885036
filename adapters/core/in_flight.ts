/**
 * What was accepted and is not yet as durable as was asked for, oldest first.
 *
 * @module
 */

/** Entries that were taken out are dropped from memory when there are this many. */
const COMPACTION_COUNT = 1024;

/** Records, or runs of them, by where they end in the log, and their bytes together. */
export class InFlight {
  #endPositions: number[] = [];
  #byteLengths: number[] = [];
  #counts: number[] = [];
  #head = 0;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Entries: records, or runs of them. */
  get count(): number {
    return this.#endPositions.length - this.#head;
  }

  /** Where the last of them ends; 0 if there is none. */
  get endPosition(): number {
    return this.count === 0 ? 0 : this.#endPositions[this.#endPositions.length - 1];
  }

  /** Adds `count` records together; they end above all others. */
  push(endPosition: number, byteLength: number, count = 1): void {
    this.#endPositions.push(endPosition);
    this.#byteLengths.push(byteLength);
    this.#counts.push(count);
    this.#byteLength += byteLength;
  }

  /** Adds `count` records to the last entry, which ends where they do from now on. */
  extend(endPosition: number, byteLength: number, count: number): void {
    const last = this.#endPositions.length - 1;
    this.#endPositions[last] = endPosition;
    this.#byteLengths[last] += byteLength;
    this.#counts[last] += count;
    this.#byteLength += byteLength;
  }

  /** The position at which at most `byteLength` bytes would be left; 0 if no record has to go. */
  endPositionLeaving(byteLength: number): number {
    let left = this.#byteLength;
    let endPosition = 0;
    for (let at = this.#head; left > byteLength; at++) {
      left -= this.#byteLengths[at];
      endPosition = this.#endPositions[at];
    }
    return endPosition;
  }

  /**
   * Takes out what ends at or below `position`; gives how many records, and where the last ends,
   * or 0 and 0.
   */
  takeUntil(position: number): { readonly count: number; readonly endPosition: number } {
    let count = 0;
    while (this.#head < this.#endPositions.length && this.#endPositions[this.#head] <= position) {
      this.#byteLength -= this.#byteLengths[this.#head];
      count += this.#counts[this.#head++];
    }
    const endPosition = count === 0 ? 0 : this.#endPositions[this.#head - 1];
    if (this.#head >= COMPACTION_COUNT) this.#compact();
    return { count, endPosition };
  }

  #compact(): void {
    this.#endPositions = this.#endPositions.slice(this.#head);
    this.#byteLengths = this.#byteLengths.slice(this.#head);
    this.#counts = this.#counts.slice(this.#head);
    this.#head = 0;
  }
}
