/**
 * Index entries in memory: those that a reader found beyond the files, and those for which a
 * writer's disk has no room.
 *
 * @module
 */
import { KeyColumns } from "./key_columns.ts";

/** 80 MB; with more entries the index must be rebuilt. */
const LIMIT = 4_000_000;

/** Index entries in the order of their puts. A time of NaN is unknown. */
export class IndexOverlay {
  readonly #keys = new KeyColumns();

  get count(): number {
    return this.#keys.count;
  }

  /** Position of the first entry's record. */
  get firstPosition(): number | undefined {
    return this.count === 0 ? undefined : this.#keys.positions[0];
  }

  /** Adds the entries from row `from` on; gives the first row for which there is no room. */
  put({ hashes, positions, times, count }: KeyColumns, from: number): number {
    const end = Math.min(count, from + LIMIT - this.count);
    for (let row = from; row < end; row++) {
      this.#keys.add(hashes[row], positions[row], times[row]);
    }
    return end;
  }

  /**
   * Finds the positions of a key, newest first, possibly with duplicates.
   *
   * @param accept Gets the time of an entry, ms since epoch; tells whether it is wanted.
   */
  find(keyHash: number, accept: (storeTimestamp: number) => boolean): number[] {
    const { hashes, positions, times } = this.#keys;
    const found: number[] = [];
    for (let row = this.count - 1; row >= 0; row--) {
      if (hashes[row] === keyHash && accept(times[row])) found.push(positions[row]);
    }
    return found;
  }

  /** Hands out the entries, oldest first, and drops as many as `take` took. */
  drain(take: (keys: KeyColumns) => number): void {
    if (this.count > 0) this.#keys.drop(take(this.#keys));
  }

  /** Drops the oldest entries, up to the first one at or after a position. */
  dropBelow(position: number): void {
    let count = 0;
    while (count < this.count && this.#keys.positions[count] < position) count++;
    this.#keys.drop(count);
  }

  clear(): void {
    this.#keys.drop(this.count);
  }
}
