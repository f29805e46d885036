/**
 * All index files of a store: records by topic, key and time.
 *
 * The index keeps hashes only, so each hit must be checked against its record.
 *
 * Reproduces `IndexService` of RocketMQ 5.3.3.
 *
 * @module
 */
import type { StoreDirectory, SyncResult } from "../../directory/mod.ts";
import type { EnvironmentClock } from "../../environment.ts";
import { StoreError } from "../../errors.ts";
import { emptyIndexEntry, type IndexHeader, indexKeyHash, indexSlotOf } from "../../layout/mod.ts";
import { IndexFiles } from "./index_files.ts";
import { indexNames, listIndexFiles } from "./index_folder.ts";
import { IndexOverlay } from "./index_overlay.ts";
import { KeyColumns } from "./key_columns.ts";
import {
  eachEntry,
  type IndexGeometry,
  mayBeInRange,
  mayTimeBeInRange,
  MS_PER_SECOND,
  readIndexEntry,
  readIndexHeader,
  readSlot,
  type TimeRange,
} from "./index_reader.ts";

/** Options of {@linkcode MessageIndex}. */
export interface IndexOptions {
  readonly readOnly: boolean;
  /** Hash slots of a file, unless the files tell. */
  readonly indexSlotCount: number;
  /** Entries of a file, the unused entry 0 included, unless the files tell. */
  readonly indexEntryCount: number;
  /**
   * True if the user set these counts.
   *
   * @default {false}
   */
  readonly isAsked?: boolean;
}

/** What one index file holds. */
export interface IndexFileInfo extends Readonly<IndexHeader> {
  readonly name: string;
  readonly count: number;
}

/** Entries that are visited before a file is closed again. */
const ENTRIES_AT_ONCE = 512;

/** The index of a store. */
export class MessageIndex {
  readonly #directory: StoreDirectory;
  readonly #options: IndexOptions;
  readonly #note: (text: string) => void;
  readonly #files: IndexFiles;
  readonly #overlay = new IndexOverlay();
  readonly #one = new KeyColumns();
  /** For a reader: files whose entries are in memory instead. */
  readonly #takenOver = new Set<string>();
  /** Why the index must be rebuilt from the log; `undefined` if it is fine. */
  damage: string | undefined;
  /** Whether a file told {@linkcode MessageIndex.geometry} as it was found, or the caller did. */
  readonly isGeometryTold: boolean;
  #unfinished: readonly string[];
  #hasNotedFailure = false;

  /**
   * Finds the index files of a store.
   *
   * @throws {StoreError<"UNSAFE_DIRECTORY">} If a file is not a regular file with trusted
   * permissions.
   */
  constructor(directory: StoreDirectory, clock: EnvironmentClock, options: IndexOptions) {
    const listing = listIndexFiles(directory, askedGeometry(options), options.isAsked ?? false);
    this.#directory = directory;
    this.#files = new IndexFiles(directory, clock, listing);
    this.#options = options;
    this.#note = directory.trust.note;
    this.damage = listing.damage;
    this.isGeometryTold = listing.basis === "told" ||
      (listing.names.length > 0 && listing.assumption === undefined);
    this.#unfinished = listing.unfinished;
    if (listing.assumption !== undefined) this.#note(listing.assumption);
  }

  /** Unlinks files that were made but never got their length; for a writer after recovery. */
  removeUnfinished(): void {
    this.#files.remove(this.#unfinished);
    this.#unfinished = [];
  }

  get geometry(): IndexGeometry {
    return this.#files.geometry;
  }

  /**
   * Position of the first record whose keys are only in memory: of a reader, or of a writer without
   * room on its disk.
   */
  get missingFrom(): number | undefined {
    return this.#overlay.firstPosition;
  }

  /** Position of the last record in the files; -1 if there is none. */
  get endPosition(): number {
    return this.files().findLast(({ count }) => count > 0)?.endPosition ?? -1;
  }

  /** Describes the usable files, oldest first. */
  files(): IndexFileInfo[] {
    return this.#files.names.flatMap((name) => {
      const header = this.#files.read(name, readIndexHeader);
      return header === undefined ? [] : [{ ...header, name, count: header.nextEntry - 1 }];
    });
  }

  /**
   * Adds a key; records come in order of position. On a full disk the key stays in memory until
   * there is room.
   *
   * @param storeTimestamp ms since epoch.
   */
  put(topic: string, key: string, position: number, storeTimestamp: number): void {
    this.#one.count = 0;
    this.#one.add(indexKeyHash(topic, key), position, storeTimestamp);
    this.putAll(this.#one);
  }

  /** Adds keys as {@linkcode MessageIndex.put} does. */
  putAll(keys: KeyColumns): void {
    // Entries in memory go first.
    const isStoring = !this.#options.readOnly && this.#overlay.count === 0;
    const stored = isStoring ? this.#store(keys) : 0;
    const kept = stored === keys.count ? stored : this.#overlay.put(keys, stored);
    if (kept === keys.count) return;
    this.damage ??= `The index must be rebuilt from the log: ` +
      `it has no room for keys from position ${keys.positions[kept]} on`;
  }

  /**
   * Finds records that may have a key. Hashes collide and seconds are rounded: check topic, key and
   * time of each record.
   *
   * @returns Positions, newest first, without duplicates; `undefined` as a pause after many
   * entries.
   */
  *find(topic: string, key: string, range: TimeRange = {}): IterableIterator<number | undefined> {
    const hash = indexKeyHash(topic, key);
    const seen = new Set<number | undefined>();
    for (const position of this.#candidates(hash, range)) {
      if (seen.has(position)) continue;
      if (position !== undefined) seen.add(position);
      yield position;
    }
  }

  /** Whether the files are those of a list, oldest first, and hold as much. */
  isAsIn(known: readonly Pick<IndexFileInfo, "name" | "count" | "endPosition">[]): boolean {
    const files = this.files();
    return files.length === known.length && known.every(({ name, count, endPosition }, at) => {
      const file = files[at];
      return file.name === name && file.count === count && file.endPosition === endPosition;
    });
  }

  /**
   * After an unclean exit: keeps only keys of records before `scanStart`, because other pages may
   * be missing. The caller puts the keys of the log from there on again.
   */
  recoverTail(scanStart: number): void {
    const { names } = this.#files;
    for (const name of names.toReversed()) {
      const first = this.#firstPosition(name);
      if (first >= 0 && first < scanStart) return this.#recoverFile(name, scanStart);
      this.#drop([name]);
    }
  }

  /**
   * Forgets all entries and the damage; a writer unlinks the files too. The caller then puts the
   * keys of the whole log.
   */
  removeAll(): void {
    this.#overlay.clear();
    this.damage = undefined;
    if (this.#files.names.length === 0) this.#files.geometry = askedGeometry(this.#options);
    this.#drop([...this.#files.names, ...indexNames(this.#directory)]);
  }

  /**
   * Stores the entries in memory if there is room by now, and flushes everything on other threads;
   * one call at a time. A file that is gone is damage.
   */
  async sync(): Promise<SyncResult> {
    this.#overlay.drain((keys) => this.#store(keys));
    const result = await this.#files.sync();
    if (result.state === "failed") {
      // The kernel reports a failed sync once: a later success proves nothing.
      this.damage ??= "The index must be rebuilt from the log: it could not be made durable";
    }
    if (result.state === "lost") {
      this.damage ??= "The index must be rebuilt from the log: one of its files is gone";
      this.#note(`${result.path} is gone: its keys are not found until the store is reopened`);
    }
    return result;
  }

  /** Unlinks files whose records were all deleted from the log, but never the newest one. */
  deleteBelow(logStart: number): void {
    const older = this.#files.names.slice(0, -1);
    const kept = older.findIndex((name) => {
      const header = this.#files.read(name, readIndexHeader);
      return header !== undefined && header.endPosition >= logStart;
    });
    this.#files.remove(kept < 0 ? older : older.slice(0, kept));
  }

  /** For a reader: lists the files again, and drops from memory what is in them by now. */
  refresh(): void {
    const listing = listIndexFiles(this.#directory, this.#files.geometry, true);
    // No file told the geometry before.
    if (this.#files.names.length === 0) this.#files.geometry = listing.geometry;
    this.#files.names = listing.names.filter((name) => !this.#takenOver.has(name));
    if (this.#takenOver.size === 0) this.#overlay.dropBelow(this.endPosition);
  }

  /** Unmaps the files; does not sync. */
  close(): void {
    this.#files.close();
  }

  *#candidates(hash: number, range: TimeRange): IterableIterator<number | undefined> {
    yield* this.#overlay.find(hash, (time) => mayTimeBeInRange(time, range));
    for (const name of this.#files.names.toReversed()) {
      let from: number | undefined;
      // Files are closed while the caller handles the hits.
      do {
        const hits: number[] = [];
        from = this.#walk(name, hash, range, hits, from);
        yield* hits;
        if (from > 0) yield undefined;
      } while (from > 0);
    }
  }

  /**
   * Collects hits of a file, from an entry or from the newest one on, back to older ones; gives the
   * entry to go on from, or 0 at the end. It ends even in a damaged chain, because entry numbers
   * must fall.
   */
  #walk(name: string, hash: number, range: TimeRange, hits: number[], from?: number): number {
    const { geometry } = this.#files;
    const entry = emptyIndexEntry();
    return this.#files.read(name, (source) => {
      const { beginTimestamp } = readIndexHeader(source);
      let at = from ?? readSlot(source, indexSlotOf(hash, geometry.slotCount));
      if (at >= geometry.entryCount) return 0;
      for (let count = 0; at > 0 && count < ENTRIES_AT_ONCE; count++) {
        readIndexEntry(source, geometry, at, entry);
        // RocketMQ measures a file's first entry against the file before it.
        if (at === 1) entry.timeDiffSeconds = 0;
        const isHit = entry.keyHash === hash && entry.position >= 0 &&
          entry.timeDiffSeconds >= 0 && mayBeInRange(entry, beginTimestamp, range);
        if (isHit) hits.push(entry.position);
        at = entry.previousEntry < at ? entry.previousEntry : 0;
      }
      return Math.max(at, 0);
    }) ?? 0;
  }

  /** Stores keys in the files; gives the first row for which there is no room. */
  #store(keys: KeyColumns): number {
    let stored = 0;
    try {
      while (stored < keys.count) stored = this.#files.putRun(keys, stored);
      this.#hasNotedFailure = false;
    } catch (error) {
      // A broken file or folder of the index must not stop the log.
      const isExpected = StoreError.is(error, "DISK_FULL") || StoreError.is(error, "SYSTEM") ||
        StoreError.is(error, "UNSAFE_DIRECTORY");
      if (!isExpected) throw error;
      if (!this.#hasNotedFailure) this.#note(`${error.message}; keys stay in memory for now`);
      this.#hasNotedFailure = true;
    }
    return stored;
  }

  #firstPosition(name: string): number {
    return this.#files.read(name, (source) => {
      if (readIndexHeader(source).nextEntry === 1) return -1;
      const entry = emptyIndexEntry();
      readIndexEntry(source, this.#files.geometry, 1, entry);
      return entry.position;
    }) ?? -1;
  }

  #recoverFile(name: string, scanStart: number): void {
    if (!this.#options.readOnly) return this.#files.recoverNewest(scanStart);
    const keys = new KeyColumns();
    this.#files.read(name, (source) => {
      const { nextEntry, beginTimestamp } = readIndexHeader(source);
      eachEntry(source, this.#files.geometry, nextEntry, scanStart, (entry) => {
        const seconds = entry.timeDiffSeconds === 0 ? NaN : entry.timeDiffSeconds;
        keys.add(entry.keyHash, entry.position, beginTimestamp + seconds * MS_PER_SECOND);
      });
    });
    this.#overlay.put(keys, 0);
    this.#drop([name]);
  }

  /** Does without files: a writer unlinks them, a reader has their entries in memory. */
  #drop(names: readonly string[]): void {
    if (!this.#options.readOnly) return this.#files.remove(names);
    for (const name of names) this.#takenOver.add(name);
    this.#files.names = this.#files.names.filter((name) => !names.includes(name));
  }
}

function askedGeometry(options: IndexOptions): IndexGeometry {
  return { slotCount: options.indexSlotCount, entryCount: options.indexEntryCount };
}
