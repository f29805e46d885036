/**
 * Which atomic groups of a log are whole.
 *
 * The records of a group stand side by side in one segment, in the order of their indexes; a group of which one is
 * missing was cut in two by a crash, and is hidden from readers for good.
 *
 * @module
 */
import type { RecordView } from "../layout/mod.ts";
import type { UnfinishedGroup } from "./report.ts";

/** Follows a scan of the log. */
export class GroupTracker {
  /** Groups of which a part is missing, in order. */
  readonly unfinished: UnfinishedGroup[] = [];
  #position = 0;
  #count = 0;
  #found = 0;
  #nextIndex = 0;

  /** The first position of the group that is being read, or `undefined` if there is none. */
  get open(): number | undefined {
    return this.#found > 0 ? this.#position : undefined;
  }

  /**
   * Takes the next record of the log.
   *
   * @param record The record.
   */
  add(record: RecordView): void {
    const place = record.atomicGroup();
    if (this.#found > 0 && (place?.index !== this.#nextIndex || place.count !== this.#count)) {
      this.interrupt();
    }
    if (place === undefined) return;
    if (this.#found === 0) {
      this.#position = record.position;
      this.#count = place.count;
    }
    this.#found++;
    this.#nextIndex = place.index + 1;
    if (this.#nextIndex === this.#count) this.#end();
  }

  /** Ends the group that is being read: what follows cannot belong to it. */
  interrupt(): void {
    if (this.#found === 0) return;
    this.unfinished.push({ position: this.#position, count: this.#count, found: this.#found });
    this.#found = 0;
  }

  /** Forgets the group that is being read, because the log ends where it starts. */
  drop(): void {
    this.#found = 0;
  }

  #end(): void {
    if (this.#found < this.#count) this.interrupt();
    else this.drop();
  }
}
