/**
 * What a store is made of once its directory was read: the same for a writer and for a reader.
 *
 * @module
 */
import { resolveOptions } from "../arguments/mod.ts";
import {
  decodeSnapshot,
  Derived,
  type DerivedSnapshot,
  type HiddenRange,
  type NextOffsets,
  otherVersion,
  whyUnread,
} from "../derived/mod.ts";
import { BrokerFiles } from "../broker/mod.ts";
import {
  openRoot,
  readMeta,
  readWholeFile,
  sharedReason,
  type StoreDirectory,
  StoreIdentity,
} from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { damagedLog, foreignFormat } from "../errors.ts";
import {
  ABORT_FILE,
  isOwnPosition,
  LOG_FOLDER,
  QUEUE_FOLDER,
  ROCKSDB_FILE,
  STORE_SIGNS,
  type StreambedMeta,
  TABLES_FILE,
} from "../layout/mod.ts";
import { completeGeometry, type ResolvedOptions } from "../options.ts";
import { cacheIdentity, findLastWriter, type LastWriter } from "./last_writer.ts";
import { LeaseKeeper, SegmentList } from "../log/mod.ts";
import { Notes } from "../notes.ts";
import { StoreEvents } from "../store_events.ts";
import type { Geometry } from "../types.ts";
import { readNextOffsets } from "./offsets_file.ts";

/** Everything that was read from a directory. */
export interface StoreFiles {
  readonly environment: Environment;
  readonly options: ResolvedOptions;
  readonly directory: StoreDirectory;
  /** File lengths, as the files and `streambed/meta` decide. */
  readonly geometry: Geometry;
  /** Numbers of it that neither the files nor `streambed/meta` told: they are a default. */
  readonly assumed: readonly (keyof Geometry)[];
  readonly segments: SegmentList;
  /** Queues, index and hidden parts of the log. */
  readonly derived: Derived;
  /** What `streambed/meta` said, as it was found. */
  readonly meta: StreambedMeta | undefined;
  /** What the last snapshot of the queues said; `undefined` if it cannot be trusted. */
  readonly snapshot: DerivedSnapshot | undefined;
  /** Least next offset of each queue, even of those without messages. */
  readonly nextOffsets: NextOffsets;
  /** What `abort` held, as it was found; `undefined` if it was not there. */
  readonly abort: string | undefined;
  /** The broker's files, as they were found. */
  readonly broker: BrokerFiles;
  /** What is known of the store by now. */
  readonly identity: StoreIdentity;
  /** Who wrote last, as it was found. */
  readonly last: LastWriter;
  /** What was noticed that is not an error. */
  readonly notes: Notes;
  /** Tells what happens to those who listen. */
  readonly events: StoreEvents;
}

/** Opens the root of a store; `notes` takes what is noticed. */
export function openStoreRoot(
  environment: Environment,
  path: string,
  options: ResolvedOptions,
  notes: Notes,
): StoreDirectory {
  return openRoot(environment.libc, path, {
    write: !options.readOnly,
    create: options.create && !options.readOnly,
    trustDirectory: options.trustDirectory,
    logDirectories: options.logDirectories,
    note: (text) => notes.add(text),
  });
}

/** How to close what was opened so far. */
export type Opened = (() => void | Promise<void>)[];

/** Closes what was opened, the last first. */
export async function closeAll(opened: Opened): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

/** A directory to read, and how. */
export type StorePlace = Pick<StoreFiles, "environment" | "directory" | "options" | "notes">;

/**
 * Reads what is in a directory. Changes nothing.
 *
 * @throws {StoreError<"CORRUPTED">} If the log's files cannot be a log.
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If it is a kind of store that this release does not
 * read.
 */
export function readStoreFiles(place: StorePlace, opened: Opened): StoreFiles {
  const { environment, directory, options, notes } = place;
  refuseRocksDb(directory);
  const { clock, timers } = environment;
  const { note } = directory.trust;
  const meta = readMeta(directory);
  const abort = readAbort(directory);
  const last = findLastWriter(meta, abort, cacheIdentity(directory));
  const asked = completeGeometry({ ...options.geometry, ...meta?.geometry });
  const segments = new SegmentList(directory, asked.segmentByteLength, {
    isMapped: sharedReason(directory) === undefined,
    leases: options.guard !== "none" ? new LeaseKeeper({ timers, clock, note }) : undefined,
    clock,
  });
  opened.push(() => segments.close());
  segments.refresh();
  refuseShortLog(segments, last.mark);
  const { indexSlotCount, indexEntryCount } = options.geometry;
  const derived = new Derived(directory, clock, {
    readOnly: options.readOnly,
    clean: abort === undefined,
    queueEntryCount: asked.queueEntryCount,
    indexSlotCount: indexSlotCount ?? asked.indexSlotCount,
    indexEntryCount: indexEntryCount ?? asked.indexEntryCount,
    isAsked: indexSlotCount !== undefined && indexEntryCount !== undefined,
  });
  opened.push(() => derived.close());
  const geometry = completeGeometry({
    ...asked,
    segmentByteLength: segments.segmentByteLength,
    queueEntryCount: derived.queues.queueEntryCount,
    indexSlotCount: derived.index.geometry.slotCount,
    indexEntryCount: derived.index.geometry.entryCount,
  });
  const isNew = segments.end === 0 && STORE_SIGNS.every((sign) => !directory.status(sign));
  const assumed = isNew
    ? []
    : findAssumed(derived, geometry, { ...options.geometry, ...meta?.geometry });
  const tables = readTables(directory, notes);
  const nextOffsets = readNextOffsets(directory, notes);
  nextOffsets.learn(tables?.queues ?? []);
  derived.queues.expectEnds(tables?.queues ?? []);
  // If a queue or an index file is missing or shorter than it says, everything is derived anew from
  // the whole log.
  const isTrusted = tables !== undefined && meta !== undefined &&
    derived.holds(tables);
  const snapshot = isTrusted ? tables : undefined;
  // A broker wrote the others. Where nothing is known any more, what is hidden stays so.
  const isHidden = ([from]: HiddenRange) => isOwnPosition(last.ranges, from) !== false;
  derived.hidden.add(snapshot?.hidden.filter(isHidden) ?? []);
  return {
    ...place,
    events: new StoreEvents(directory.path, environment),
    geometry,
    assumed,
    segments,
    derived,
    meta,
    snapshot,
    nextOffsets,
    abort,
    broker: new BrokerFiles(directory, meta ?? {}),
    identity: new StoreIdentity({ storeId: meta?.storeId, epoch: meta?.epoch, ...last }),
    last,
  };
}

/** What neither the files told nor who opens the store, nor who wrote it, has said. */
function findAssumed(
  { queues, index }: Derived,
  geometry: Geometry,
  said: Partial<Geometry>,
): (keyof Geometry)[] {
  const untold: (keyof Geometry)[] = [
    ...(queues.told.simple !== undefined ? [] : ["queueEntryCount"] as const),
    ...(index.isGeometryTold ? [] : ["indexSlotCount", "indexEntryCount"] as const),
  ];
  return untold.filter((name) => geometry[name] !== said[name]);
}

/** Looks at a store read-only, by files that are open until `look` has ended. */
export async function inspectStore<T>(
  environment: Environment,
  directory: StoreDirectory,
  look: (files: StoreFiles) => T | Promise<T>,
): Promise<T> {
  const options = resolveOptions({ readOnly: true });
  const opened: Opened = [];
  try {
    return await look(
      readStoreFiles({ environment, directory, options, notes: new Notes() }, opened),
    );
  } finally {
    await closeAll(opened);
  }
}

/** What `abort` holds; `undefined` if it is missing. */
export function readAbort(directory: StoreDirectory): string | undefined {
  const bytes = readWholeFile(directory, ABORT_FILE);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

function refuseShortLog(segments: SegmentList, mark: number): void {
  if (segments.end >= mark || mark === 0) return;
  throw damagedLog("short-log", "open store", `the log ends before the mark ${mark}`, {
    path: LOG_FOLDER,
    position: segments.end,
  });
}

function refuseRocksDb(directory: StoreDirectory): void {
  const status = directory.status(`${QUEUE_FOLDER}/${ROCKSDB_FILE}`);
  const hasTopics = (directory.list(QUEUE_FOLDER) ?? []).some(({ kind }) => kind === "directory");
  if (status === undefined || hasTopics) return;
  throw foreignFormat(
    `${directory.path}/${QUEUE_FOLDER}`,
    "a RocksDB store (storeType=defaultRocksDB)",
    "only RocketMQ's default store type is supported",
  );
}

function readTables(directory: StoreDirectory, notes: Notes): DerivedSnapshot | undefined {
  const bytes = readWholeFile(directory, TABLES_FILE);
  if (bytes === undefined) return undefined;
  if (otherVersion(bytes) !== undefined) {
    notes.add(`File ${TABLES_FILE} ${whyUnread(bytes)}: the whole log is read instead`);
  }
  return decodeSnapshot(bytes);
}
