/**
 * Follows atomic batches through a walk over the log.
 *
 * @module
 */
import type { HiddenRange } from "../derived/mod.ts";
import type { RecordView } from "../layout/mod.ts";

/** Adjoining records of one batch. */
export interface BatchRun {
  /** Position of the first one. */
  readonly from: number;
  /** Position after the last one. */
  to: number;
  /** Records that the batch should have. */
  readonly count: number;
  /** Records from `from` to `to`. */
  found: number;
  /** Index of the first one in the batch. */
  readonly index: number;
}

/** Finds batches that are not whole. */
export class BatchTracker {
  /** Batches cut short by another record, in order: they will never be whole. */
  readonly broken: BatchRun[] = [];
  #run: BatchRun | undefined;
  #mayBeInside: boolean;

  /**
   * `mayBeInside`: the first record may be in the middle of a batch, of which what comes before is
   * known to be whole, or hidden.
   */
  constructor({ mayBeInside = false }: { readonly mayBeInside?: boolean } = {}) {
    this.#mayBeInside = mayBeInside;
  }

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
      this.#run = place && { from: record.position, to, ...place, found: 1 };
      // Without its first record it was broken before it began.
      const isBroken = this.#run !== undefined && this.#run.index !== 0 && !this.#mayBeInside;
      if (isBroken) this.broken.push(this.#run!);
    }
    this.#mayBeInside = false;
    if (place !== undefined && place.index + 1 === place.count) this.#run = undefined;
  }

  /** Ends the batch being read: what follows cannot belong to it. */
  breakOff(): void {
    if (this.#run?.index === 0) this.broken.push(this.#run);
    this.#run = undefined;
  }
}
