/**
 * Which records of a log Streambed wrote. Only in those do its own properties count: a broker
 * copies them along when it retries, delays or dead-letters a message.
 *
 * @module
 */
import {
  closeRanges,
  isInRanges,
  type LogRange,
  looksOwn,
  mergeRanges,
  OPEN_END,
  type RecordView,
} from "../layout/mod.ts";
import type { LastWriter } from "./last_writer.ts";

/** Own ranges once all that is written from a position on is ours, or another's. */
export function rangesFrom(
  ranges: readonly LogRange[],
  position: number,
  isOwn: boolean,
): LogRange[] {
  const before = closeRanges(ranges, position);
  return isOwn ? mergeRanges([...before, { from: position, to: OPEN_END }]) : before;
}

/** Tells own records from others in a walk, and learns what `streambed/meta` does not tell. */
export class OwnRecords {
  readonly #ranges: readonly LogRange[];
  /**
   * From here on a record's form tells whose it is: another program went on after our writer died.
   */
  readonly #doubtfulFrom: number;
  /** What is ours of the last range, whose end is not recorded. */
  readonly #found: LogRange[] = [];
  #isRunning = true;

  constructor({ ranges, mark, rule }: Pick<LastWriter, "ranges" | "mark" | "rule">) {
    const open = ranges.at(-1);
    this.#ranges = ranges;
    this.#doubtfulFrom = Infinity;
    if (open?.to !== OPEN_END || rule !== "foreign") return;
    this.#doubtfulFrom = Math.max(mark, open.from);
    this.#found.push({ from: open.from, to: this.#doubtfulFrom });
  }

  /** Whether the record at a position must carry the whole-record CRC. */
  readonly requiresCrc = (position: number): boolean =>
    position < this.#doubtfulFrom && isInRanges(this.#ranges, position);

  /**
   * Takes the next record of the walk; true if it lies where Streambed wrote and its whole-record
   * CRC is right.
   */
  see(record: RecordView): boolean {
    const { position } = record;
    if (position >= this.#doubtfulFrom) return this.#seeDoubtful(record);
    return record.recordCrc === "right" && this.requiresCrc(position);
  }

  /**
   * Own ranges in order, as the walk found them; where another program went on, they end where our
   * writer did.
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
