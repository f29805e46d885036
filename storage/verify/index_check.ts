/**
 * Comparing the index with the log: every key of every message is found, every chain is whole.
 *
 * Entries stand in the order of the log, so both are read side by side. Chains are checked by
 * putting the entries again into slots of our own: each must point at the one before it in its
 * slot, and in the end the slots must be those of the file. So every walk ends.
 *
 * @module
 */
import { type IndexGeometry, readIndexEntry, recordKeys } from "../derived/mod.ts";
import {
  emptyIndexEntry,
  INDEX_FOLDER,
  indexKeyHash,
  indexSlotOf,
  indexTimeDiff,
  isIndexName,
  type RecordView,
} from "../layout/mod.ts";
import { divideIndexFile, type IndexFileReader, openIndexReader } from "./index_file_reader.ts";
import type { LogCheck, Verification } from "./log_check.ts";
import type { Counted, FindingDetails, IndexSummary, Severity } from "./report.ts";
import { fileSeverity, isUnderWay } from "./store_state.ts";

const BY_REBUILD = "streambed rebuild makes it anew";
const NO_FILE = { beginPosition: Infinity, endPosition: -Infinity };

/** A file that is being read. */
interface OpenFile {
  readonly path: string;
  readonly reader: IndexFileReader;
  readonly geometry: IndexGeometry;
  /** Of the entry that was read last. */
  number: number;
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
  readonly severity: Severity;
}

export class IndexCheck {
  readonly summary: Counted<IndexSummary>;
  readonly #verification: Verification;
  readonly #log: LogCheck;
  readonly #known: IndexGeometry | undefined;
  readonly #paths: string[] = [];
  readonly #entries: Generator<OpenFile, undefined>;
  /** The entry that comes next, and its file. */
  readonly #entry = emptyIndexEntry();
  #file: OpenFile | undefined;
  /** Hashes of the entries of the message that is being looked at. */
  readonly #hashes = new Set<number>();
  #missing: MissingRun | undefined;
  #strayCount = 0;

  /** `known` says how the bytes of a file divide, if known. */
  constructor(verification: Verification, log: LogCheck, known: IndexGeometry | undefined) {
    this.#verification = verification;
    this.#log = log;
    this.#known = known;
    for (const { name, kind } of verification.directory.list(INDEX_FOLDER) ?? []) {
      const path = `${INDEX_FOLDER}/${name}`;
      if (kind !== "directory" && isIndexName(name)) this.#paths.push(path);
      else this.#verification.findings.add("note", "directory", "it is no index file", { path });
    }
    this.#entries = this.#readAll();
    this.summary = { fileCount: this.#paths.length, entryCount: 0, keyCount: 0, missingCount: 0 };
  }

  add(record: RecordView): void {
    const { position, storeTimestamp } = record;
    while (this.#peek() !== undefined && this.#entry.position < position) this.#passStray();
    this.#hashes.clear();
    for (let file = this.#peek(); file && this.#entry.position === position; file = this.#peek()) {
      // RocketMQ measures a file's first entry against the file before it.
      const expected = indexTimeDiff(storeTimestamp, file.reader.header.beginTimestamp);
      if (file.number > 1 && this.#entry.timeDiffSeconds !== expected) file.badCount++;
      this.#hashes.add(this.#entry.keyHash);
      this.#file = undefined;
    }
    const keys = recordKeys(record);
    if (keys.length === 0) return;
    const topic = record.topic();
    const missing = keys.filter((key) => !this.#hashes.has(indexKeyHash(topic, key))).length;
    this.summary.keyCount += keys.length - missing;
    if (missing === 0) this.#endMissing();
    else if (!isUnderWay(this.#verification.state, record)) this.#miss(position, missing);
  }

  /** Reads the rest of the index, which the log has no records for. */
  finish(end: number): void {
    const { state } = this.#verification;
    this.#endMissing();
    let aheadCount = 0;
    while (this.#peek() !== undefined) {
      const { position } = this.#entry;
      if (position >= end && !this.#log.isForgotten(position)) aheadCount++;
      this.#passStray(end);
    }
    if (aheadCount > 0 && !state.live) {
      const mend = "the next writer drops them";
      this.#add("note", `${aheadCount} entries lead beyond the end of the log`, { mend });
    }
    if (this.#strayCount > 0) {
      const text =
        `${this.#strayCount} entries lead to no message; finding checks every hit and skips them`;
      this.#add(fileSeverity(state, 0), text);
    }
  }

  close(): void {
    this.#entries.return(undefined);
  }

  /** The file of the entry that comes next; `undefined` after the last one. */
  #peek(): OpenFile | undefined {
    this.#file ??= this.#entries.next().value;
    return this.#file;
  }

  /** Passes an entry that leads to no record; it is counted if it leads to before `end`. */
  #passStray(end = Infinity): void {
    const { position } = this.#entry;
    if (position < end && !this.#log.isForgotten(position)) this.#strayCount++;
    this.#file = undefined;
  }

  *#readAll(): Generator<OpenFile, undefined> {
    for (const path of this.#paths) {
      const file = this.#open(path);
      if (file === undefined) continue;
      const { reader, geometry } = file;
      const end = Math.min(reader.header.nextEntry, geometry.entryCount);
      try {
        for (file.number = 1; file.number < end; file.number++) {
          readIndexEntry(reader, geometry, file.number, this.#entry);
          this.#checkChain(file);
          yield file;
        }
        if (!this.#isGrowing(path)) this.#checkHead(file);
      } finally {
        reader.close();
      }
    }
  }

  #checkChain(file: OpenFile): void {
    const { keyHash, previousEntry, position } = this.#entry;
    this.summary.entryCount++;
    const slot = keyHash < 0 ? -1 : indexSlotOf(keyHash, file.geometry.slotCount);
    const before = slot < 0 ? -1 : file.newest[slot];
    if (before === 0) file.usedSlotCount++;
    if (before !== previousEntry || position < file.lastPosition) file.badCount++;
    if (slot >= 0) file.newest[slot] = file.number;
    file.lastPosition = Math.max(file.lastPosition, position);
  }

  /** Whether a file is one that a live writer goes on with. */
  #isGrowing(path: string): boolean {
    return this.#verification.state.live && path === this.#paths.at(-1);
  }

  #open(path: string): OpenFile | undefined {
    const reader = openIndexReader(this.#verification.directory, path);
    const geometry = reader && divideIndexFile(reader, this.#known);
    if (reader !== undefined && geometry !== undefined) {
      const newest = new Int32Array(geometry.slotCount);
      const counts = { number: 0, usedSlotCount: 0, badCount: 0, lastPosition: 0 };
      return { path, reader, geometry, newest, ...counts };
    }
    const text = reader === undefined
      ? "it is too short for a header"
      : `its ${reader.byteLength} bytes divide into no slots and entries`;
    const isNoted = reader === undefined ? !this.#isGrowing(path) : reader.header.nextEntry > 1;
    // The damage is told where the keys that only it held are missing.
    if (isNoted) this.#add("note", text, { path, mend: BY_REBUILD });
    reader?.close();
    return undefined;
  }

  /** Compares a file's slots and its header with its entries. */
  #checkHead(file: OpenFile): void {
    const { path, reader, geometry: { slotCount } } = file;
    const { header } = reader;
    const badSlots = reader.slots(slotCount).reduce((count, entry, slot) => {
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
    if (file.number > 1 && header.endPosition !== file.lastPosition) {
      faults.push(
        `its header ends at position ${header.endPosition}, its entries at ${file.lastPosition}`,
      );
    }
    const severity = fileSeverity(this.#verification.state, file.lastPosition);
    for (const fault of faults) this.#add(severity, fault, { path, mend: BY_REBUILD });
  }

  #miss(position: number, count: number): void {
    this.summary.missingCount += count;
    // A file that is being read says what it covers.
    const { beginPosition, endPosition } = this.#file?.reader.header ?? NO_FILE;
    const isInside = beginPosition <= position && position <= endPosition;
    const isMissing = this.#hashes.size === 0 && !isInside;
    const severity = fileSeverity(this.#verification.state, position, isMissing);
    if (this.#missing?.severity !== severity) this.#endMissing();
    this.#missing ??= { from: position, to: position, count: 0, severity };
    this.#missing.to = position;
    this.#missing.count += count;
  }

  #endMissing(): void {
    const run = this.#missing;
    this.#missing = undefined;
    if (run === undefined) return;
    const keys = run.count === 1 ? "a key" : `${run.count} keys`;
    const where = run.from === run.to
      ? `position ${run.from}`
      : `positions ${run.from} to ${run.to}`;
    const text = `${keys} of the messages at ${where} cannot be found`;
    const mend = "the next writer indexes them, or streambed rebuild";
    this.#add(run.severity, text, { position: run.from, mend });
  }

  #add(severity: Severity, text: string, details: FindingDetails = {}): void {
    const place = { path: INDEX_FOLDER, ...details };
    this.#verification.findings.add(severity, "index", text, place);
  }
}
