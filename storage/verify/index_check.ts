/**
 * Comparing the index with the log: every key of every message is found, every chain is whole.
 *
 * Entries stand in the order of the log, so both are read side by side. Chains are checked by
 * putting the entries again into slots of our own: each must point at the one before it in its
 * slot, and in the end the slots must be those of the file. So every walk ends.
 *
 * @module
 */
import type { IndexGeometry } from "../derived/index/mod.ts";
import { recordKeys } from "../derived/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import {
  emptyIndexEntry,
  INDEX_FOLDER,
  indexKeyHash,
  indexSlotOf,
  indexTimeDiff,
  parseIndexName,
  type RecordView,
} from "../layout/mod.ts";
import { divideIndexFile, type IndexFileReader, openIndexReader } from "./index_file_reader.ts";
import type { Findings, IndexSummary } from "./report.ts";

export interface IndexContext {
  readonly findings: Findings;
  /** Whether a fault in a message's keys is damage, or still to be rebuilt. */
  severity(position: number, missing: boolean): "damage" | "note";
  /** Whether a writer is at work, which goes on with the newest file and with the log. */
  readonly live: boolean;
  /** Whether a live writer may still have to index a record's keys. */
  isUnderWay(record: RecordView): boolean;
  /** First position of the log: what points before it is left over from deleted segments. */
  readonly from: number;
  isDamaged(position: number): boolean;
}

/** Where in the index a file stands that is being read. */
interface OpenFile {
  readonly path: string;
  readonly reader: IndexFileReader;
  readonly slotCount: number;
  next: number;
  readonly end: number;
  /** The newest entry of each slot so far. */
  readonly newest: Int32Array;
  usedSlotCount: number;
  /** Entries whose chain or time is wrong. */
  badCount: number;
  lastPosition: number;
}

/** A stretch of messages whose keys are not found. */
interface MissingRun {
  readonly from: number;
  to: number;
  count: number;
  readonly severity: "damage" | "note";
}

export class IndexCheck {
  readonly #directory: StoreDirectory;
  readonly #context: IndexContext;
  readonly #known: IndexGeometry | undefined;
  readonly #paths: string[] = [];
  readonly #entry = emptyIndexEntry();
  /** Hashes of the entries of the message that is being looked at. */
  readonly #hashes = new Set<number>();
  #file: OpenFile | undefined;
  #fileIndex = 0;
  #missing: MissingRun | undefined;
  #strayCount = 0;
  #entryCount = 0;
  #keyCount = 0;
  #missingCount = 0;

  /** `known` says how the bytes of a file divide, if known. */
  constructor(
    directory: StoreDirectory,
    context: IndexContext,
    known: IndexGeometry | undefined,
  ) {
    this.#directory = directory;
    this.#context = context;
    this.#known = known;
    for (const { name, kind } of directory.list(INDEX_FOLDER) ?? []) {
      const path = `${INDEX_FOLDER}/${name}`;
      if (kind !== "directory" && parseIndexName(name) !== undefined) this.#paths.push(path);
      else this.#note("note", "it is no index file", path);
    }
  }

  add(record: RecordView): void {
    this.#passBelow(record.position);
    this.#hashes.clear();
    this.#takeAt(record.position, record.storeTimestamp);
    const keys = recordKeys(record);
    if (keys.length === 0) return;
    const topic = record.topic();
    const missing = keys.filter((key) => !this.#hashes.has(indexKeyHash(topic, key))).length;
    this.#keyCount += keys.length - missing;
    if (missing === 0) this.#endMissing();
    else if (!this.#context.isUnderWay(record)) this.#miss(record.position, missing);
  }

  /** Reads the rest of the index, which the log has no records for. */
  finish(to: number): void {
    this.#endMissing();
    let aheadCount = 0;
    for (let file = this.#open(); file !== undefined; file = this.#open()) {
      const position = this.#read(file);
      if (position >= to) aheadCount++;
      else this.#countStray(position);
    }
    if (aheadCount > 0 && !this.#context.live) {
      this.#note(
        "note",
        `${aheadCount} entries lead beyond the end of the log; the next writer drops them`,
      );
    }
    if (this.#strayCount > 0) {
      const text =
        `${this.#strayCount} entries lead to no message; finding checks every hit and skips them`;
      this.#note(this.#context.severity(0, false), text);
    }
  }

  summary(): IndexSummary {
    return {
      fileCount: this.#paths.length,
      entryCount: this.#entryCount,
      keyCount: this.#keyCount,
      missingCount: this.#missingCount,
    };
  }

  /** Passes entries that lead to positions before the next record's. */
  #passBelow(position: number): void {
    for (let file = this.#open(); file !== undefined; file = this.#open()) {
      file.reader.entry(file.slotCount, file.next, this.#entry);
      if (this.#entry.position >= position) return;
      const passed = this.#read(file);
      this.#countStray(passed);
    }
  }

  #countStray(position: number): void {
    if (position < this.#context.from && position >= 0) return;
    if (!this.#context.isDamaged(position)) this.#strayCount++;
  }

  /** Takes the entries that lead to this very record. */
  #takeAt(position: number, storeTimestamp: number): void {
    for (let file = this.#open(); file !== undefined; file = this.#open()) {
      file.reader.entry(file.slotCount, file.next, this.#entry);
      if (this.#entry.position !== position) return;
      const first = file.next === 1;
      this.#read(file);
      this.#hashes.add(this.#entry.keyHash);
      // RocketMQ measures a file's first entry against the file before it.
      const expected = indexTimeDiff(storeTimestamp, file.reader.header.beginTimestamp);
      if (!first && this.#entry.timeDiffSeconds !== expected) file.badCount++;
    }
  }

  /** Reads the next entry of a file and checks its chain; gives the position it leads to. */
  #read(file: OpenFile): number {
    const entry = this.#entry;
    file.reader.entry(file.slotCount, file.next, entry);
    this.#entryCount++;
    const slot = entry.keyHash < 0 ? -1 : indexSlotOf(entry.keyHash, file.slotCount);
    const before = slot < 0 ? -1 : file.newest[slot];
    if (before === 0) file.usedSlotCount++;
    if (before !== entry.previousEntry || entry.position < file.lastPosition) file.badCount++;
    if (slot >= 0) file.newest[slot] = file.next;
    file.lastPosition = Math.max(file.lastPosition, entry.position);
    file.next++;
    return entry.position;
  }

  /** The file with the next entry, or `undefined` after the last one. */
  #open(): OpenFile | undefined {
    if (this.#file !== undefined && this.#file.next < this.#file.end) return this.#file;
    if (this.#file !== undefined) this.#close(this.#file);
    while (this.#fileIndex < this.#paths.length) {
      this.#file = this.#openNext(this.#paths[this.#fileIndex++]);
      if (this.#file === undefined) continue;
      if (this.#file.next < this.#file.end) return this.#file;
      this.#close(this.#file);
    }
    return undefined;
  }

  /** Whether the file that was opened last is one that a live writer goes on with. */
  get #isGrowing(): boolean {
    return this.#context.live && this.#fileIndex === this.#paths.length;
  }

  #openNext(path: string): OpenFile | undefined {
    const reader = openIndexReader(this.#directory, path);
    const division = reader && divideIndexFile(reader, this.#known);
    if (reader === undefined || division === undefined) {
      if (reader !== undefined && reader.header.nextEntry > 1) this.#unreadable(path, reader);
      else if (reader === undefined && !this.#isGrowing) this.#unreadable(path, reader);
      reader?.close();
      return undefined;
    }
    return {
      path,
      reader,
      slotCount: division.slotCount,
      next: 1,
      end: Math.min(reader.header.nextEntry, division.entryCount),
      newest: new Int32Array(division.slotCount),
      usedSlotCount: 0,
      badCount: 0,
      lastPosition: 0,
    };
  }

  #unreadable(path: string, reader: IndexFileReader | undefined): void {
    const text = reader === undefined
      ? "it is too short for a header"
      : `its ${reader.byteLength} bytes divide into no slots and entries`;
    // The damage is told where the keys that only it held are missing.
    this.#note("note", `${text}; streambed rebuild makes it anew`, path);
  }

  #close(file: OpenFile): void {
    if (!this.#isGrowing) this.#checkHead(file);
    file.reader.close();
    this.#file = undefined;
  }

  /** Compares a file's slots and its header with its entries. */
  #checkHead(file: OpenFile): void {
    const { path, reader: { header } } = file;
    const slots = file.reader.slots(file.slotCount);
    const badSlots = slots.reduce((count, entry, slot) => {
      return count + (Math.max(entry, 0) === file.newest[slot] ? 0 : 1);
    }, 0);
    const faults: string[] = [];
    if (file.badCount > 0) {
      faults.push(`${file.badCount} entries are wrongly chained, placed or timed`);
    }
    if (badSlots > 0) faults.push(`${badSlots} slots do not hold their newest entry`);
    if (header.usedSlotCount !== file.usedSlotCount) {
      faults.push(
        `its header counts ${header.usedSlotCount} slots in use, there are ${file.usedSlotCount}`,
      );
    }
    if (file.end > 1 && header.endPosition !== file.lastPosition) {
      faults.push(
        `its header ends at position ${header.endPosition}, its entries at ${file.lastPosition}`,
      );
    }
    const severity = this.#context.severity(file.lastPosition, false);
    for (const fault of faults) {
      this.#note(severity, `${fault}; streambed rebuild makes it anew`, path);
    }
  }

  #miss(position: number, count: number): void {
    this.#missingCount += count;
    const inside = this.#hashes.size > 0 || this.#isInside(position);
    const severity = this.#context.severity(position, !inside);
    if (this.#missing?.severity !== severity) this.#endMissing();
    this.#missing ??= { from: position, to: position, count: 0, severity };
    this.#missing.to = position;
    this.#missing.count += count;
  }

  /** Whether the file that is being read says that it covers a position. */
  #isInside(position: number): boolean {
    if (this.#file === undefined) return false;
    const { beginPosition, endPosition } = this.#file.reader.header;
    return beginPosition <= position && position <= endPosition;
  }

  #endMissing(): void {
    const run = this.#missing;
    this.#missing = undefined;
    if (run === undefined) return;
    const keys = run.count === 1 ? "a key" : `${run.count} keys`;
    const where = run.from === run.to
      ? `position ${run.from}`
      : `positions ${run.from} to ${run.to}`;
    const text = `${keys} of the messages at ${where} cannot be found; ` +
      "the next writer indexes them, or streambed rebuild";
    this.#context.findings.add({
      severity: run.severity,
      area: "index",
      text,
      path: INDEX_FOLDER,
      position: run.from,
    });
  }

  #note(severity: "damage" | "note", text: string, path: string = INDEX_FOLDER): void {
    this.#context.findings.add({ severity, area: "index", text, path });
  }
}
