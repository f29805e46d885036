/**
 * What else in the directory of a damaged log says of messages that are not in the log: its queues,
 * the snapshot of them, and the mark.
 *
 * @module
 */
import {
  batchCount,
  decodeSnapshot,
  type DerivedSnapshot,
  EntryBatch,
  type EntryQueue,
  isHalf,
  QueueTable,
} from "../storage/derived/mod.ts";
import { readWholeFile, type StoreDirectory } from "../storage/directory/mod.ts";
import { LIGHT_QUEUE_PREFIX, type RecordView, TABLES_FILE } from "../storage/layout/mod.ts";
import { readAbort } from "../storage/life/mod.ts";

/** A stretch of the log, `[from, to)`. */
export interface LostRange {
  readonly from: number;
  readonly to: number;
}

/** Entries that are read at once. */
const BATCH_COUNT = 4096;

/** What a directory says of the messages of its log, beside the log. */
export class KnownMessages {
  /** Farthest end of a record that a queue speaks of; 0 if none does. */
  readonly endPosition: number;
  readonly #table: QueueTable;
  /** Where queues ended before the log was listed: a writer may be at work. */
  readonly #ends: ReadonlyMap<EntryQueue, number>;
  readonly #snapshot: DerivedSnapshot["queues"];
  /** Offset after the last message of each queue that was read. */
  readonly #seen = new Map<string, number>();

  /** Looks at the queues of a directory. */
  constructor(directory: StoreDirectory) {
    this.#table = new QueueTable(directory, {
      readOnly: true,
      clean: readAbort(directory) === undefined,
      queueEntryCount: 1,
    });
    const queues = [...this.#table.all()].filter(({ topic }) => !isLight(topic));
    this.#ends = new Map(queues.map((queue) => [queue, queue.next]));
    this.endPosition = this.#table.claimedTo(0);
    const tables = readWholeFile(directory, TABLES_FILE);
    this.#snapshot = (tables && decodeSnapshot(tables)?.queues) ?? [];
  }

  /** Queues whose files do not fit together, so that nothing is known by them. */
  get unreadQueueCount(): number {
    return [...this.#ends.keys()].filter(({ damage }) => damage !== undefined).length;
  }

  /** Takes a record that was read. */
  see(record: RecordView): void {
    if (isHalf(record)) return;
    const name = nameOf(record.topic(), record.queueId);
    const next = record.queueOffset + batchCount(record);
    if (next > (this.#seen.get(name) ?? 0)) this.#seen.set(name, next);
  }

  /** Counts the messages that are known to be where the log cannot be read. */
  countIn(lost: readonly LostRange[]): number {
    const batch = new EntryBatch(BATCH_COUNT);
    let count = 0;
    for (const [queue, end] of this.#ends) count += countEntries(queue, end, lost, batch);
    return count + this.#countUnlisted();
  }

  [Symbol.dispose](): void {
    this.#table.close();
  }

  /** Messages that only the snapshot tells of: their queue's files are lost too. */
  #countUnlisted(): number {
    let count = 0;
    for (const { topic, queueId, earliest, next } of this.#snapshot) {
      if (isLight(topic)) continue;
      const listed = this.#table.get(topic, queueId)?.next ?? 0;
      const seen = this.#seen.get(nameOf(topic, queueId)) ?? 0;
      count += Math.max(0, next - Math.max(earliest, listed, seen));
    }
    return count;
  }
}

function countEntries(
  queue: EntryQueue,
  end: number,
  lost: readonly LostRange[],
  batch: EntryBatch,
): number {
  let count = 0;
  let offset = queue.lowerBoundByPosition(lost[0]?.from ?? Infinity);
  while (offset < end && queue.readEntries(offset, BATCH_COUNT, batch) > 0) {
    for (let slot = 0; slot < batch.count && batch.offsets[slot] < end; slot++) {
      const position = batch.positions[slot];
      if (lost.some(({ from, to }) => position >= from && position < to)) {
        count += batch.counts[slot];
      }
    }
    offset = batch.nextOffset;
  }
  return count;
}

function nameOf(topic: string, queueId: number): string {
  return `${queueId}@${topic}`;
}

/** Messages of light queues are those of others. */
function isLight(topic: string): boolean {
  return topic.startsWith(LIGHT_QUEUE_PREFIX);
}
