/**
 * Index entries in memory, in columns: no object for each.
 *
 * @module
 */
import { indexHash, javaHash } from "../../layout/mod.ts";

const FIRST_CAPACITY = 256;

/** Keys of records, in the order in which they come. */
export class KeyColumns {
  count = 0;
  /** As {@linkcode indexHash} gives them. */
  hashes: Int32Array = new Int32Array(0);
  /** Positions of the records. */
  positions: Float64Array = new Float64Array(0);
  /** Their storeTimestamps, ms since epoch. */
  times: Float64Array = new Float64Array(0);

  add(keyHash: number, position: number, storeTimestamp: number): void {
    if (this.count === this.hashes.length) this.#grow();
    this.hashes[this.count] = keyHash;
    this.positions[this.count] = position;
    this.times[this.count] = storeTimestamp;
    this.count++;
  }

  /**
   * Adds all keys of a record: its unique id whole, then each of its keys.
   *
   * @param seed Of its topic: {@linkcode indexSeed}.
   */
  addOf(
    seed: number,
    uniqKey: string | undefined,
    keys: string | undefined,
    position: number,
    storeTimestamp: number,
  ): void {
    if (uniqKey !== undefined && uniqKey !== "") {
      this.add(indexHash(javaHash(uniqKey, seed)), position, storeTimestamp);
    }
    if (keys === undefined) return;
    for (let from = 0; from < keys.length;) {
      const space = keys.indexOf(" ", from);
      const to = space < 0 ? keys.length : space;
      if (to > from) this.add(indexHash(javaHash(keys, seed, from, to)), position, storeTimestamp);
      from = to + 1;
    }
  }

  /** Drops the oldest entries, and the memory of all if none is left. */
  drop(count: number): void {
    if (count === 0) return;
    for (const column of [this.hashes, this.positions, this.times]) {
      column.copyWithin(0, count, this.count);
    }
    this.count -= count;
    if (this.count === 0) this.#allocate(0);
  }

  #allocate(capacity: number): void {
    this.hashes = new Int32Array(capacity);
    this.positions = new Float64Array(capacity);
    this.times = new Float64Array(capacity);
  }

  #grow(): void {
    const { hashes, positions, times } = this;
    this.#allocate(Math.max(FIRST_CAPACITY, hashes.length * 2));
    this.hashes.set(hashes);
    this.positions.set(positions);
    this.times.set(times);
  }
}
