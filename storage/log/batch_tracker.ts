/**
 * Follows atomic batches through a walk over the log.
 *
 * @module
 */
import type { HiddenRange } from "../derived/mod.ts";
import type { RecordView } from "../layout/mod.ts";

/** A batch cut short by another record: it will never be whole. */
export interface BrokenBatch {
  /** Position of the first record found. */
  readonly from: number;
  /** Position after the last record of that run. */
  readonly to: number;
  /** Records that the batch should have. */
  readonly count: number;
  /** Records from `from` to `to`. */
  readonly found: number;
}

/** Adjoining records of one batch. */
interface Run {
  readonly from: number;
  to: number;
  readonly count: number;
  found: number;
  /** Index of the first one in the batch. */
  readonly index: number;
}

/** Finds batches that are not whole. */
export class BatchTracker {
  /** Batches of which a part is missing, in order. */
  readonly broken: BrokenBatch[] = [];
  #run: Run | undefined;

  /** Ranges hidden from readers, in order. */
  get hidden(): HiddenRange[] {
    return this.broken.map(({ from, to }) => [from, to]);
  }

  /** Position of the unfinished batch at the end of the walk, if any. */
  get unfinished(): number | undefined {
    return this.#run?.index === 0 ? this.#run.from : undefined;
  }

  /** Takes the next record; `isOwn` is false for a copy by a broker, which is in no batch. */
  see(record: RecordView, isOwn: boolean): void {
    const place = isOwn ? record.atomicBatch() : undefined;
    const run = this.#run;
    const to = record.position + record.byteLength;
    const goesOn = run !== undefined && place !== undefined && record.position === run.to &&
      place.index === run.index + run.found && place.count === run.count;
    if (goesOn) {
      run.to = to;
      run.found++;
    } else {
      this.breakOff();
      if (place !== undefined) this.#begin({ from: record.position, to, ...place, found: 1 });
    }
    if (place !== undefined && place.index + 1 === place.count) this.#run = undefined;
  }

  /** Ends the batch being read: what follows cannot belong to it. */
  breakOff(): void {
    if (this.#run?.index === 0) this.broken.push(this.#run);
    this.#run = undefined;
  }

  #begin(run: Run): void {
    this.#run = run;
    // Without its first record it was broken before it began.
    if (run.index !== 0) this.broken.push(run);
  }
}
