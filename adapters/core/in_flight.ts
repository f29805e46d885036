/**
 * What was accepted and is not yet as durable as was asked for, oldest first.
 *
 * @module
 */

/** Entries that were taken out are dropped from memory when there are this many. */
const COMPACTION_COUNT = 1024;

/** A queue of records by where they end in the log, and how many bytes they are together. */
export class InFlight {
  #endPositions: number[] = [];
  #byteLengths: number[] = [];
  #head = 0;
  #byteLength = 0;

  /** Bytes of all records in the queue. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Records in the queue. */
  get count(): number {
    return this.#endPositions.length - this.#head;
  }

  /**
   * Adds a record behind the others.
   *
   * @param endPosition Position after its last byte; above that of all others.
   */
  push(endPosition: number, byteLength: number): void {
    this.#endPositions.push(endPosition);
    this.#byteLengths.push(byteLength);
    this.#byteLength += byteLength;
  }

  /**
   * Finds the position at which no more than `byteLength` bytes would be left.
   *
   * @returns Position after the record that has to go last, or 0 if none has to.
   */
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
   * Takes out everything that ends at or below `position`.
   *
   * @returns How many records went, and where the last of them ends; 0 and 0 if none did.
   */
  takeUntil(position: number): { readonly count: number; readonly endPosition: number } {
    const before = this.#head;
    while (this.#head < this.#endPositions.length && this.#endPositions[this.#head] <= position) {
      this.#byteLength -= this.#byteLengths[this.#head++];
    }
    const count = this.#head - before;
    const endPosition = count === 0 ? 0 : this.#endPositions[this.#head - 1];
    if (this.#head >= COMPACTION_COUNT) this.#compact();
    return { count, endPosition };
  }

  #compact(): void {
    this.#endPositions = this.#endPositions.slice(this.#head);
    this.#byteLengths = this.#byteLengths.slice(this.#head);
    this.#head = 0;
  }
}
