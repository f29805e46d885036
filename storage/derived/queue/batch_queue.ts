/**
 * A batch queue: an entry of 46 bytes for each record, which may hold many messages. The offset of
 * an entry does not follow from its place, so it is found by binary search.
 *
 * Reproduces `BatchConsumeQueue` of RocketMQ 5.x.
 *
 * @module
 */
import {
  BATCH_QUEUE_ENTRY,
  type BatchQueueEntry,
  encodeBatchQueueEntry,
  readI64,
} from "../../layout/mod.ts";
import type { EntryBatch } from "./entry_batch.ts";
import { BATCH_FORMAT } from "./entry_format.ts";
import { EntryQueue } from "./entry_queue.ts";
import { cutContradicted } from "./entry_search.ts";
import type { EntryRun, Scan } from "./queue_context.ts";

/** Messages of a record: an i16. */
const COUNT_MAX = 0x7fff;

/** The entries of one batch queue. */
export class BatchQueue extends EntryQueue {
  get next(): number {
    const { list } = this;
    list.load();
    if (list.isEmpty) return 0;
    const run = list.read(list.next - 1, 1);
    return run.count === 0 ? 0 : endOf(run.view, run.at);
  }

  put(entry: Readonly<BatchQueueEntry>): void {
    this.#store({ ...entry, baseOffset: this.next });
  }

  reconcile(entry: Readonly<BatchQueueEntry>): void {
    const { list } = this;
    const { baseOffset, count } = entry;
    const scan = count > 0 && count <= COUNT_MAX ? this.#enter(baseOffset) : undefined;
    if (scan === undefined) return;
    const index = this.#lowerBoundByBase(baseOffset, list.first);
    this.comeTo(index, scan);
    const run = list.peek(index);
    if (this.isOf(run, entry) && baseOf(run.view, run.at) === baseOffset) list.redo(index);
    else {
      cutContradicted(list, index, scan.start);
      this.#store(entry);
    }
    this.cursor = Math.max(this.cursor, index + 1);
  }

  offsetAt(index: number): number {
    const run = this.list.read(index, 1);
    return run.count === 0 ? 0 : baseOf(run.view, run.at);
  }

  indexOf(offset: number): number {
    const from = this.servedFrom;
    const index = this.#lowerBoundByBase(offset + 1, from);
    if (index === from) return index;
    const run = this.list.read(index - 1, 1);
    return run.count > 0 && endOf(run.view, run.at) > offset ? index - 1 : index;
  }

  fill(batch: EntryBatch, { view, at: first, count }: EntryRun): void {
    for (let entry = 0; entry < count; entry++) {
      const at = first + entry * BATCH_QUEUE_ENTRY.byteLength;
      const position = BATCH_FORMAT.position(view, at);
      if (position < 0) continue;
      batch.add(baseOf(view, at), countOf(view, at), position, view, at);
      batch.nextOffset = endOf(view, at);
    }
  }

  startBehind(next: number): void {
    this.reset();
    const at = this.list.reserve();
    BATCH_FORMAT.gone(this.list.tail.view, at, next - 1);
  }

  /** Checks that an entry with this offset may be put; gives the scan, or `undefined` if not. */
  #enter(offset: number): Scan | undefined {
    const { list } = this;
    const scan = this.scanFor(offset);
    if (scan === undefined) return undefined;
    const { next } = this;
    const isBefore = !list.isEmpty && offset < this.offsetAt(list.first);
    if (!scan.isWhole && (offset > next || isBefore)) {
      list.files.spoil(`entries between offset ${next} and ${offset} are missing`);
      return undefined;
    }
    if (isBefore && this.scan !== scan) this.reset();
    return scan;
  }

  #lowerBoundByBase(base: number, from: number): number {
    let low = from;
    let high = this.list.next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle) < base) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #store(entry: Readonly<BatchQueueEntry>): void {
    const at = this.list.reserve();
    encodeBatchQueueEntry(this.list.tail.view, at, entry);
  }
}

function baseOf(view: DataView, at: number): number {
  return readI64(view, at + BATCH_QUEUE_ENTRY.offsets.msgBaseOffset);
}

function countOf(view: DataView, at: number): number {
  return view.getInt16(at + BATCH_QUEUE_ENTRY.offsets.batchSize);
}

function endOf(view: DataView, at: number): number {
  return baseOf(view, at) + countOf(view, at);
}
