/**
 * A simple queue: an entry of 20 bytes for each message, at the place of its offset.
 *
 * Reproduces `ConsumeQueue` of RocketMQ 5.x, without two flaws: an entry appended in the wrong
 * place, and a minimum offset without an entry.
 *
 * @module
 */
import { quotePath } from "../../../ffi/mod.ts";
import {
  decodeQueueEntry,
  extensionAddress,
  highWord,
  lowWord,
  PRE_BLANK_BYTE_LENGTH,
  QUEUE_ENTRY,
  type QueueEntry,
} from "../../layout/mod.ts";
import { SIMPLE_FORMAT } from "./entry_format.ts";
import type { EntryBatch, EntryQueue, ReconcileResult } from "./entry_queue.ts";
import { cutContradicted, ListedQueue, lowerBoundFromEnd } from "./listed_queue.ts";
import type { EntryRun, QueueContext, Scan } from "./queue_context.ts";
import type { QueueIdentity } from "./queue_files.ts";

const { commitLogOffset: POSITION, size: BYTE_LENGTH, tagsCode: TAGS } = QUEUE_ENTRY.offsets;
const ENTRY_BYTE_LENGTH = QUEUE_ENTRY.byteLength;

/**
 * Most offsets that a log can have lost in a row; a record further away is not believed, because
 * all places between would have to be filled.
 */
const GAP_LIMIT = 1_000_000;

/** The entries of one simple queue. */
export class ConsumeQueue extends ListedQueue implements EntryQueue {
  constructor(context: QueueContext, identity: QueueIdentity) {
    super(context, SIMPLE_FORMAT, identity);
  }

  get earliest(): number {
    return this.servedFrom;
  }

  get next(): number {
    this.list.load();
    return this.list.next;
  }

  put(position: number, byteLength: number, tagsHigh: number, tagsLow: number): void {
    const { list } = this;
    list.load();
    this.#store(list.reserve(), position, byteLength, tagsHigh, tagsLow);
  }

  reconcile(
    offset: number,
    position: number,
    byteLength: number,
    tagsHigh: number,
    tagsLow: number,
  ): ReconcileResult {
    if (!this.#makeRoom(offset)) return "refused";
    const { list } = this;
    const run = list.peek(offset);
    const isSame = run.count > 0 && isEntry(run, position, byteLength);
    const isThere = isSame && mayHaveTags(run, tagsHigh, tagsLow);
    if (isThere) list.redo(offset);
    else {
      const at = isSame ? list.takeUp(offset) : this.#place(offset);
      this.#store(at, position, byteLength, tagsHigh, tagsLow);
    }
    this.cursor = Math.max(this.cursor, offset + 1);
    if (offset < this.earliestIndex) this.earliestIndex = offset;
    return isThere ? "kept" : "placed";
  }

  readEntries(from: number, limit: number, batch: EntryBatch): number {
    const { list } = this;
    const wanted = Math.min(limit, batch.capacity);
    let index = Math.max(from, this.earliest);
    batch.count = 0;
    batch.holeOffset = -1;
    while (batch.count < wanted && index < list.next) {
      const run = list.read(index, wanted - batch.count);
      if (run.count === 0) break;
      fillBatch(batch, run, index);
      index += run.count;
    }
    batch.nextOffset = index;
    return batch.count;
  }

  entryAt(offset: number, into: QueueEntry): boolean {
    if (offset < this.earliest) return false;
    const run = this.list.read(offset, 1);
    if (run.count === 0) return false;
    decodeQueueEntry(run.view, run.at, into);
    return SIMPLE_FORMAT.position(run.view, run.at) >= 0;
  }

  lowerBoundByPosition(position: number): number {
    return lowerBoundFromEnd(this.list, position, this.earliest);
  }

  keep(next: number): void {
    if (this.damage !== undefined || this.earliest < this.next || this.next >= next) return;
    this.list.startBehind(next);
    this.earliestIndex = next;
  }

  /** Makes room for an entry at `offset`, and cuts entries before it that the scan contradicts. */
  #makeRoom(offset: number): boolean {
    const { list } = this;
    const scan = this.scanFor(offset);
    if (scan === undefined) return false;
    if (list.isEmpty) return this.#start(offset, scan);
    if (offset < list.first) return this.#startOver(offset, scan);
    this.comeTo(offset, scan);
    return offset <= list.next || this.#fillGap(offset, scan.isWhole);
  }

  #start(offset: number, scan: Scan): boolean {
    const { list } = this;
    if (offset !== list.next && !scan.isWhole) {
      list.files.spoil(`entries before offset ${offset} are missing`);
      return false;
    }
    if (offset !== list.next || list.files.starts.length === 0) list.startAt(offset);
    this.earliestIndex = offset;
    this.cursor = offset;
    this.scan = scan;
    return true;
  }

  /** The log holds messages from before the first file. */
  #startOver(offset: number, scan: Scan): boolean {
    if (!scan.isWhole) this.list.files.spoil(`entries from offset ${offset} on are missing`);
    if (!scan.isWhole || this.scan === scan) return false;
    this.reset();
    return this.#start(offset, scan);
  }

  #fillGap(offset: number, isExpected: boolean): boolean {
    const { list } = this;
    const { files } = list;
    if (offset - list.next > GAP_LIMIT) {
      const name = quotePath(files.folder);
      const problem = `too far from ${list.next} to be right`;
      list.context.note(`Offset ${offset} of ${name} is ${problem}: its message is in no queue`);
      return false;
    }
    if (!isExpected) {
      files.spoil(`entries from offset ${list.next} to ${offset} are missing`);
      return false;
    }
    while (list.next < offset) {
      const at = list.reserve();
      SIMPLE_FORMAT.blank(list.tail.view, at);
    }
    return true;
  }

  #place(offset: number): number {
    const { list } = this;
    if (offset < this.cursor && offset < list.next) return list.takeUp(offset);
    cutContradicted(list, offset, this.scan?.start ?? 0);
    return list.reserve();
  }

  #store(
    at: number,
    position: number,
    byteLength: number,
    tagsHigh: number,
    tagsLow: number,
  ): void {
    const view = this.list.tail.view;
    view.setInt32(at + POSITION, highWord(position));
    view.setInt32(at + POSITION + 4, lowWord(position));
    view.setInt32(at + BYTE_LENGTH, byteLength);
    view.setInt32(at + TAGS, tagsHigh);
    view.setInt32(at + TAGS + 4, tagsLow);
  }
}

function isEntry(run: EntryRun, position: number, byteLength: number): boolean {
  return SIMPLE_FORMAT.position(run.view, run.at) === position &&
    run.view.getInt32(run.at + BYTE_LENGTH) === byteLength;
}

/**
 * Tells whether the tags code of an entry can be right: it may be the address of an extension unit,
 * or a time of delivery, which follows from the broker's own levels.
 */
function mayHaveTags(run: EntryRun, tagsHigh: number, tagsLow: number): boolean {
  const high = run.view.getInt32(run.at + TAGS);
  const low = run.view.getInt32(run.at + TAGS + 4);
  const isHash = tagsHigh === tagsLow >> 31;
  return !isHash || (high === tagsHigh && low === tagsLow) ||
    extensionAddress(high, low) !== undefined;
}

function fillBatch(batch: EntryBatch, run: EntryRun, index: number): void {
  const { view } = run;
  for (let entry = 0; entry < run.count; entry++) {
    const at = run.at + entry * ENTRY_BYTE_LENGTH;
    const position = SIMPLE_FORMAT.position(view, at);
    if (position < 0) {
      const isBlank = view.getInt32(at + BYTE_LENGTH) === PRE_BLANK_BYTE_LENGTH;
      if (!isBlank && batch.holeOffset === -1) batch.holeOffset = index + entry;
      continue;
    }
    const slot = batch.count++;
    batch.offsets[slot] = index + entry;
    batch.positions[slot] = position;
    batch.byteLengths[slot] = view.getInt32(at + BYTE_LENGTH);
    batch.tagsHigh[slot] = view.getInt32(at + TAGS);
    batch.tagsLow[slot] = view.getInt32(at + TAGS + 4);
    batch.counts[slot] = 1;
  }
}
