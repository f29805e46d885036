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
  emptyBatchQueueEntry,
  encodeBatchQueueEntry,
  type QueueEntry,
  readI64,
} from "../../layout/mod.ts";
import { BATCH_FORMAT } from "./entry_format.ts";
import type { EntryBatch, EntryQueue, ReconcileResult } from "./entry_queue.ts";
import { cutContradicted, ListedQueue, lowerBoundFromEnd } from "./listed_queue.ts";
import type { EntryRun, QueueContext, Scan } from "./queue_context.ts";
import type { QueueIdentity } from "./queue_files.ts";

const AT = BATCH_QUEUE_ENTRY.offsets;
/** Messages of a record: an i16. */
const COUNT_MAX = 0x7fff;
const scratch = emptyBatchQueueEntry();

/** The entries of one batch queue. */
export class BatchQueue extends ListedQueue implements EntryQueue {
  constructor(context: QueueContext, identity: QueueIdentity) {
    super(context, BATCH_FORMAT, identity);
  }

  get earliest(): number {
    const index = this.servedFrom;
    return index < this.list.next ? this.#baseAt(index) : this.next;
  }

  get next(): number {
    const { list } = this;
    list.load();
    if (list.isEmpty) return 0;
    const run = list.read(list.next - 1, 1);
    return run.count === 0 ? 0 : baseOf(run) + countOf(run);
  }

  put(
    position: number,
    byteLength: number,
    tagsHigh: number,
    tagsLow: number,
    count = 1,
    storeTimestamp = 0,
  ): void {
    this.#store(this.next, position, byteLength, tagsHigh, tagsLow, count, storeTimestamp);
  }

  reconcile(
    offset: number,
    position: number,
    byteLength: number,
    tagsHigh: number,
    tagsLow: number,
    count = 1,
    storeTimestamp = 0,
  ): ReconcileResult {
    const { list } = this;
    const scan = count > 0 && count <= COUNT_MAX ? this.#enter(offset) : undefined;
    if (scan === undefined) return "refused";
    const index = this.#lowerBoundByBase(offset, list.first);
    this.comeTo(index, scan);
    const run = list.peek(index);
    const isThere = run.count > 0 && isEntry(run, offset, position, byteLength);
    if (isThere) list.redo(index);
    else {
      cutContradicted(list, index, scan.start);
      this.#store(offset, position, byteLength, tagsHigh, tagsLow, count, storeTimestamp);
    }
    this.cursor = Math.max(this.cursor, index + 1);
    return isThere ? "kept" : "placed";
  }

  readEntries(from: number, limit: number, batch: EntryBatch): number {
    const { list } = this;
    const wanted = Math.min(limit, batch.capacity);
    batch.count = 0;
    batch.holeOffset = -1;
    batch.nextOffset = Math.max(from, this.earliest);
    let index = this.#indexOf(from);
    while (batch.count < wanted && index < list.next) {
      const run = list.read(index, wanted - batch.count);
      if (run.count === 0) break;
      fillBatch(batch, run);
      index += run.count;
    }
    return batch.count;
  }

  entryAt(offset: number, into: QueueEntry): boolean {
    const run = this.list.read(this.#indexOf(offset), 1);
    if (run.count === 0 || baseOf(run) > offset) return false;
    into.position = BATCH_FORMAT.position(run.view, run.at);
    into.byteLength = run.view.getInt32(run.at + AT.size);
    into.tagsCodeHigh = run.view.getInt32(run.at + AT.tagsCode);
    into.tagsCodeLow = run.view.getInt32(run.at + AT.tagsCode + 4);
    return into.position >= 0;
  }

  lowerBoundByPosition(position: number): number {
    const index = lowerBoundFromEnd(this.list, position, this.servedFrom);
    return index < this.list.next ? this.#baseAt(index) : this.next;
  }

  keep(next: number): void {
    const { list } = this;
    if (this.damage !== undefined || this.earliest < this.next || this.next >= next) return;
    this.reset();
    const at = list.reserve();
    BATCH_FORMAT.gone(list.tail.view, at, next - 1);
    this.earliestIndex = list.next;
  }

  /** Checks that an entry with this offset may be put; gives the scan, or `undefined` if not. */
  #enter(offset: number): Scan | undefined {
    const { list } = this;
    const scan = this.scanFor(offset);
    if (scan === undefined) return undefined;
    const { next } = this;
    const isBefore = !list.isEmpty && offset < this.#baseAt(list.first);
    if (!scan.isWhole && (offset > next || isBefore)) {
      list.files.spoil(`entries between offset ${next} and ${offset} are missing`);
      return undefined;
    }
    if (isBefore && this.scan !== scan) this.reset();
    return scan;
  }

  /** Index of the entry that holds an offset, or of the first one after it. */
  #indexOf(offset: number): number {
    const { list } = this;
    const from = this.servedFrom;
    const index = this.#lowerBoundByBase(offset + 1, from);
    if (index === from) return index;
    const run = list.read(index - 1, 1);
    return run.count > 0 && baseOf(run) + countOf(run) > offset ? index - 1 : index;
  }

  #lowerBoundByBase(base: number, from: number): number {
    let low = from;
    let high = this.list.next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#baseAt(middle) < base) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #baseAt(index: number): number {
    const run = this.list.read(index, 1);
    return run.count === 0 ? 0 : baseOf(run);
  }

  #store(
    baseOffset: number,
    position: number,
    byteLength: number,
    tagsHigh: number,
    tagsLow: number,
    count: number,
    storeTimestamp: number,
  ): void {
    scratch.baseOffset = baseOffset;
    scratch.position = position;
    scratch.byteLength = byteLength;
    scratch.tagsCodeHigh = tagsHigh;
    scratch.tagsCodeLow = tagsLow;
    scratch.count = count;
    scratch.storeTimestamp = storeTimestamp;
    const at = this.list.reserve();
    encodeBatchQueueEntry(this.list.tail.view, at, scratch);
  }
}

function baseOf(run: EntryRun): number {
  return readI64(run.view, run.at + AT.msgBaseOffset);
}

function countOf(run: EntryRun): number {
  return run.view.getInt16(run.at + AT.batchSize);
}

function isEntry(run: EntryRun, base: number, position: number, byteLength: number): boolean {
  return BATCH_FORMAT.position(run.view, run.at) === position && baseOf(run) === base &&
    run.view.getInt32(run.at + AT.size) === byteLength;
}

function fillBatch(batch: EntryBatch, run: EntryRun): void {
  const { view } = run;
  for (let entry = 0; entry < run.count; entry++) {
    const at = run.at + entry * BATCH_QUEUE_ENTRY.byteLength;
    const position = BATCH_FORMAT.position(view, at);
    if (position < 0) continue;
    const slot = batch.count++;
    batch.offsets[slot] = readI64(view, at + AT.msgBaseOffset);
    batch.positions[slot] = position;
    batch.byteLengths[slot] = view.getInt32(at + AT.size);
    batch.tagsHigh[slot] = view.getInt32(at + AT.tagsCode);
    batch.tagsLow[slot] = view.getInt32(at + AT.tagsCode + 4);
    batch.counts[slot] = view.getInt16(at + AT.batchSize);
    batch.nextOffset = batch.offsets[slot] + batch.counts[slot];
  }
}
