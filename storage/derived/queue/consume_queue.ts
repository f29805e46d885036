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
  type BatchQueueEntry,
  encodeQueueEntries,
  encodeQueueEntry,
  extensionAddress,
  PRE_BLANK_BYTE_LENGTH,
  QUEUE_ENTRY,
  type QueueEntry,
  type QueueEntryColumns,
} from "../../layout/mod.ts";
import type { EntryBatch } from "./entry_batch.ts";
import { SIMPLE_FORMAT } from "./entry_format.ts";
import { EntryQueue } from "./entry_queue.ts";
import { cutContradicted } from "./entry_search.ts";
import type { EntryRun, Scan } from "./queue_context.ts";

const { size: BYTE_LENGTH, tagsCode: TAGS } = QUEUE_ENTRY.offsets;

/**
 * Most offsets that a log can have lost in a row; a record further away is not believed, because
 * all places between would have to be filled.
 */
const GAP_LIMIT = 1_000_000;

/** The entries of one simple queue: its offsets are the indexes of the list. */
export class ConsumeQueue extends EntryQueue {
  get next(): number {
    this.list.load();
    return this.list.next;
  }

  put(entry: Readonly<BatchQueueEntry>): void {
    const { list } = this;
    list.load();
    const at = list.reserve();
    encodeQueueEntry(list.tail.view, at, entry);
  }

  /** Appends the entries from row `from` to row `to` at `next`, in memory. */
  putRun(columns: QueueEntryColumns, from: number, to: number): void {
    const { list } = this;
    list.load();
    const at = list.reserve(to - from);
    encodeQueueEntries(list.tail.view, at, columns, from, to);
  }

  reconcile(entry: Readonly<BatchQueueEntry>): void {
    const { list } = this;
    const offset = entry.baseOffset;
    if (!this.#makeRoom(offset)) return;
    const run = list.peek(offset);
    const isSame = this.isOf(run, entry);
    if (isSame && mayHaveTags(run, entry)) list.redo(offset);
    else {
      const at = isSame ? list.takeUp(offset) : this.#place(offset);
      encodeQueueEntry(list.tail.view, at, entry);
    }
    this.cursor = Math.max(this.cursor, offset + 1);
    if (offset < this.earliestIndex) this.earliestIndex = offset;
  }

  offsetAt(index: number): number {
    return index;
  }

  indexOf(offset: number): number {
    return Math.max(offset, this.servedFrom);
  }

  fill(batch: EntryBatch, { view, at: first, count }: EntryRun, index: number): void {
    for (let entry = 0; entry < count; entry++) {
      const at = first + entry * QUEUE_ENTRY.byteLength;
      const position = SIMPLE_FORMAT.position(view, at);
      if (position >= 0) {
        batch.add(index + entry, 1, position, view, at);
        continue;
      }
      const isBlank = view.getInt32(at + BYTE_LENGTH) === PRE_BLANK_BYTE_LENGTH;
      if (!isBlank && batch.holeOffset === -1) batch.holeOffset = index + entry;
    }
    batch.nextOffset = index + count;
  }

  startBehind(next: number): void {
    this.list.startBehind(next);
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
      const { note } = list.context.directory.trust;
      note(`Offset ${offset} of ${name} is ${problem}: its message is in no queue`);
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
}

/**
 * Tells whether the tags code of an entry can be right: it may be the address of an extension unit,
 * or a time of delivery, which follows from the broker's own levels.
 */
function mayHaveTags(run: EntryRun, { tagsCodeHigh, tagsCodeLow }: Readonly<QueueEntry>): boolean {
  const high = run.view.getInt32(run.at + TAGS);
  const low = run.view.getInt32(run.at + TAGS + 4);
  const isHash = tagsCodeHigh === tagsCodeLow >> 31;
  return !isHash || (high === tagsCodeHigh && low === tagsCodeLow) ||
    extensionAddress(high, low) !== undefined;
}
