/**
 * Index entries in memory: those that a reader found beyond the files, and those for which a
 * writer's disk has no room.
 *
 * @module
 */
/** 80 MB; with more entries the index must be rebuilt. */
const LIMIT = 4_000_000;
const FIRST_CAPACITY = 256;

/** Index entries in the order of their puts. */
export class IndexOverlay {
  #hashes = new Int32Array(0);
  #positions = new Float64Array(0);
  #times = new Float64Array(0);
  count = 0;

  /** Position of the first entry's record. */
  get firstPosition(): number | undefined {
    return this.count === 0 ? undefined : this.#positions[0];
  }

  /**
   * Adds an entry; gives false if there is no room.
   *
   * @param storeTimestamp ms since epoch, or NaN if unknown.
   */
  put(keyHash: number, position: number, storeTimestamp: number): boolean {
    if (this.count >= LIMIT) return false;
    if (this.count === this.#hashes.length) this.#grow();
    this.#hashes[this.count] = keyHash;
    this.#positions[this.count] = position;
    this.#times[this.count] = storeTimestamp;
    this.count++;
    return true;
  }

  /**
   * Finds the positions of a key, newest first, possibly with duplicates.
   *
   * @param accept Gets the time of an entry, ms since epoch; tells whether it is wanted.
   */
  find(keyHash: number, accept: (storeTimestamp: number) => boolean): number[] {
    const found: number[] = [];
    for (let at = this.count - 1; at >= 0; at--) {
      if (this.#hashes[at] === keyHash && accept(this.#times[at])) found.push(this.#positions[at]);
    }
    return found;
  }

  /** Hands out entries, oldest first, and drops them, until `take` gives false. */
  drain(take: (keyHash: number, position: number, storeTimestamp: number) => boolean): void {
    let done = 0;
    while (
      done < this.count && take(this.#hashes[done], this.#positions[done], this.#times[done])
    ) done++;
    this.#drop(done);
  }

  /** Drops the oldest entries, up to the first one at or after a position. */
  dropBelow(position: number): void {
    let count = 0;
    while (count < this.count && this.#positions[count] < position) count++;
    this.#drop(count);
  }

  clear(): void {
    this.#drop(this.count);
  }

  #drop(count: number): void {
    if (count === 0) return;
    for (const column of [this.#hashes, this.#positions, this.#times]) {
      column.copyWithin(0, count, this.count);
    }
    this.count -= count;
    if (this.count === 0) this.#allocate(0);
  }

  #allocate(capacity: number): void {
    this.#hashes = new Int32Array(capacity);
    this.#positions = new Float64Array(capacity);
    this.#times = new Float64Array(capacity);
  }

  #grow(): void {
    const [hashes, positions, times] = [this.#hashes, this.#positions, this.#times];
    this.#allocate(Math.max(FIRST_CAPACITY, hashes.length * 2));
    this.#hashes.set(hashes);
    this.#positions.set(positions);
    this.#times.set(times);
  }
}
