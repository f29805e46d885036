/**
 * Which records of a log Streambed wrote. Only there its own properties mean anything: a broker copies a message with all of them when a
 * consumer sends it back, when it was delayed, and to the dead letters.
 *
 * @module
 */
import { isInRanges, type LogRange, looksOwn, OPEN_END, type RecordView } from "../layout/mod.ts";
import type { LastWriter } from "./last_writer.ts";

/** Tells own records from others in a walk over the log, and learns from it what is ours where nobody has said so. */
export class OwnRecords {
  readonly #ranges: readonly LogRange[];
  /** Our last writer died and somebody else went on: from here on a record tells by its form whose it is. */
  readonly #doubtfulFrom: number;
  /** What is ours of the last range, whose end nobody has written down. */
  readonly #found: LogRange[] = [];
  #isRunning = true;

  /**
   * Knows what `streambed/meta` says.
   *
   * @param writer What is known of the last writer.
   */
  constructor({ ranges, mark, rule }: LastWriter) {
    const open = ranges.at(-1);
    this.#ranges = ranges;
    this.#doubtfulFrom = Infinity;
    if (open?.to !== OPEN_END || rule !== "foreign") return;
    this.#doubtfulFrom = Math.max(mark, open.from);
    this.#found.push({ from: open.from, to: this.#doubtfulFrom });
  }

  /**
   * Takes the next record of the walk, in order of position.
   *
   * @param record The record, checked.
   * @returns Whether Streambed wrote it: it lies where we wrote, and its whole-record CRC is right.
   */
  see(record: RecordView): boolean {
    const { position } = record;
    if (position >= this.#doubtfulFrom) return this.#seeDoubtful(record);
    return record.recordCrc === "right" && isInRanges(this.#ranges, position);
  }

  /**
   * The ranges of the directory, as the walk found them.
   *
   * @returns Ranges in order. Where somebody else went on behind a writer of ours that died, they end where it ended.
   */
  ranges(): readonly LogRange[] {
    return this.#doubtfulFrom === Infinity
      ? this.#ranges
      : [...this.#ranges.slice(0, -1), ...this.#found];
  }

  #seeDoubtful(record: RecordView): boolean {
    const { position, byteLength } = record;
    const isOwn = looksOwn(record);
    const last = this.#found.length - 1;
    const to = position + byteLength;
    if (isOwn && this.#isRunning) this.#found[last] = { from: this.#found[last].from, to };
    else if (isOwn) this.#found.push({ from: position, to });
    this.#isRunning = isOwn;
    return isOwn;
  }
}
