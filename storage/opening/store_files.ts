/**
 * What a store is made of once its directory was read: the same for a writer and for a reader.
 *
 * @module
 */
import { MessageIndex } from "../derived/index/mod.ts";
import {
  decodeQueueSnapshot,
  type NextOffsets,
  type QueueSnapshot,
  QueueTable,
} from "../derived/queue/mod.ts";
import {
  openRoot,
  readMeta,
  readWholeFile,
  sharedReason,
  type StoreDirectory,
  StoreIdentity,
} from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { CorruptionError, UnsupportedFormatError } from "../errors.ts";
import {
  ABORT_FILE,
  isInRanges,
  type LogRange,
  QUEUE_FOLDER,
  ROCKSDB_FILE,
  type StreambedMeta,
  TABLES_FILE,
} from "../layout/mod.ts";
import { completeGeometry, type ResolvedOptions } from "../options.ts";
import {
  cacheIdentity,
  crcRule,
  findLastWriter,
  type HiddenRange,
  HiddenRanges,
  type LastWriter,
} from "../recovery/mod.ts";
import { LeaseKeeper, SegmentList } from "../segment/mod.ts";
import type { Geometry } from "../types.ts";
import { readNextOffsets } from "./offsets_file.ts";

/** Everything that was read from a directory. */
export interface StoreFiles {
  /** The world. */
  readonly environment: Environment;
  /** The options of the opening. */
  readonly options: ResolvedOptions;
  /** The directory. */
  readonly directory: StoreDirectory;
  /** File lengths, as the files and `streambed/meta` decide. */
  readonly geometry: Geometry;
  /** The log. */
  readonly segments: SegmentList;
  /** The queues. */
  readonly queues: QueueTable;
  /** The keys. */
  readonly index: MessageIndex;
  /** Parts of the log that nobody sees. */
  readonly hidden: HiddenRanges;
  /** What `streambed/meta` said, as it was found. */
  readonly meta: StreambedMeta | undefined;
  /** What the last snapshot of the queues said; `undefined` if it cannot be trusted. */
  readonly snapshot: QueueSnapshot | undefined;
  /** Where queues go on at least, though no message may be left of them. */
  readonly nextOffsets: NextOffsets;
  /** What is known of the store by now. */
  readonly identity: StoreIdentity;
  /** Who wrote last, as it was found. */
  readonly last: LastWriter;
  /** Whether a record at a position must carry the whole-record CRC. */
  readonly requiresCrc: (position: number) => boolean;
  /** What was noticed that is not an error. */
  readonly notes: string[];
}

/**
 * Opens the root of a store.
 *
 * @param environment The world.
 * @param path Path of the directory.
 * @param options Options of the opening.
 * @param notes Where to put what is noticed.
 * @returns The directory.
 */
export function openStoreRoot(
  environment: Environment,
  path: string,
  options: ResolvedOptions,
  notes: string[],
): StoreDirectory {
  return openRoot(environment.libc, path, {
    write: !options.readOnly,
    create: options.create && !options.readOnly,
    trustDirectory: options.trustDirectory,
    logDirectories: options.logDirectories,
    note: (text) => void (notes.includes(text) || notes.push(text)),
  });
}

/**
 * Reads what is in a directory. Changes nothing.
 *
 * @param environment The world.
 * @param directory The directory.
 * @param options Options of the opening.
 * @param notes Where to put what is noticed.
 * @returns What is there.
 * @throws {CorruptionError} If the log's files cannot be a log.
 * @throws {UnsupportedFormatError} If it is a kind of store that this release does not read.
 */
export async function readStoreFiles(
  environment: Environment,
  directory: StoreDirectory,
  options: ResolvedOptions,
  notes: string[],
): Promise<StoreFiles> {
  const opened: (() => void | Promise<void>)[] = [];
  try {
    return readFiles({ environment, directory, options, notes }, opened);
  } catch (error) {
    for (const close of opened) await close();
    throw error;
  }
}

/** Puts into `opened` how to close what it opened. */
function readFiles(
  { environment, directory, options, notes }: Pick<
    StoreFiles,
    "environment" | "directory" | "options" | "notes"
  >,
  opened: (() => void | Promise<void>)[],
): StoreFiles {
  refuseRocksDb(directory);
  const { clock, timers } = environment;
  const { note } = directory.trust;
  const meta = readMeta(directory);
  const last = findLastWriter(meta, readAbort(directory), cacheIdentity(directory));
  const asked = completeGeometry({ ...options.geometry, ...meta?.geometry });
  const segments = new SegmentList(directory, asked.segmentByteLength, {
    isMapped: sharedReason(directory) === undefined,
    leases: options.leases ? new LeaseKeeper({ timers, clock, note }) : undefined,
    clock,
  });
  opened.push(() => segments.close());
  segments.refresh();
  refuseShortLog(segments, last.mark);
  const queues = QueueTable.open(directory, {
    readOnly: options.readOnly,
    clean: readAbort(directory) === undefined,
    queueEntryCount: asked.queueEntryCount,
    note: directory.trust.note,
  });
  opened.push(() => queues.close());
  const index = MessageIndex.open(directory, environment.clock, {
    readOnly: options.readOnly,
    indexSlotCount: options.geometry.indexSlotCount ?? asked.indexSlotCount,
    indexEntryCount: options.geometry.indexEntryCount ?? asked.indexEntryCount,
    isAsked: options.geometry.indexSlotCount !== undefined &&
      options.geometry.indexEntryCount !== undefined,
    note: directory.trust.note,
  });
  opened.push(() => index.close());
  const geometry = completeGeometry({
    ...asked,
    segmentByteLength: segments.segmentByteLength,
    queueEntryCount: queues.queueEntryCount,
    indexSlotCount: index.geometry.slotCount,
    indexEntryCount: index.geometry.entryCount,
  });
  const tables = readTables(directory);
  const nextOffsets = readNextOffsets(directory, notes);
  nextOffsets.learn(tables?.queues ?? []);
  const snapshot = trustedSnapshot(tables, queues, index, segments, meta);
  const hidden = new HiddenRanges();
  hidden.add(ownHidden(snapshot?.hidden ?? [], last.ranges));
  const requiresCrc = crcRule(last);
  return {
    environment,
    options,
    directory,
    geometry,
    segments,
    queues,
    index,
    hidden,
    meta,
    snapshot,
    nextOffsets,
    identity: new StoreIdentity({ storeId: meta?.storeId, epoch: meta?.epoch, ...last }),
    last,
    requiresCrc,
    notes,
  };
}

/** What a broker wrote is never hidden, whatever an older release took it for. Ranges from before the first known one are forgotten. */
function ownHidden(hidden: readonly HiddenRange[], ranges: readonly LogRange[]): HiddenRange[] {
  return hidden.filter(([from]) => isInRanges(ranges, from) || from < (ranges[0]?.from ?? 0));
}

/**
 * Closes what {@linkcode readStoreFiles} opened, but not the directory.
 *
 * @param files What was opened.
 */
export async function closeStoreFiles(files: StoreFiles): Promise<void> {
  files.segments.close();
  await files.queues.close();
  await files.index.close();
}

/**
 * Reads the abort marker.
 *
 * @param directory The directory.
 * @returns What it holds, or `undefined` if there is none.
 */
export function readAbort(directory: StoreDirectory): string | undefined {
  const bytes = readWholeFile(directory, ABORT_FILE);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

function refuseShortLog(segments: SegmentList, mark: number): void {
  if (segments.end >= mark || mark === 0) return;
  throw new CorruptionError(
    "open store",
    `the log ends before the mark ${mark}: segments are missing, or logDirectories must name where they are`,
    "short-log",
    { position: segments.end },
  );
}

function refuseRocksDb(directory: StoreDirectory): void {
  const status = directory.status(`${QUEUE_FOLDER}/${ROCKSDB_FILE}`);
  const hasTopics = (directory.list(QUEUE_FOLDER) ?? []).some(({ kind }) => kind === "directory");
  if (status === undefined || hasTopics) return;
  throw new UnsupportedFormatError(
    `${directory.path}/${QUEUE_FOLDER}`,
    "a RocksDB store (storeType=defaultRocksDB)",
    "only RocketMQ's default store type is supported",
  );
}

function readTables(directory: StoreDirectory): QueueSnapshot | undefined {
  const bytes = readWholeFile(directory, TABLES_FILE);
  return bytes === undefined ? undefined : decodeQueueSnapshot(bytes);
}

/**
 * A snapshot is trusted if everything it names is there. If a queue or an index file is missing or shorter than it says, what
 * is derived is built anew from the whole log.
 */
function trustedSnapshot(
  snapshot: QueueSnapshot | undefined,
  queues: QueueTable,
  index: MessageIndex,
  segments: SegmentList,
  meta: StreambedMeta | undefined,
): QueueSnapshot | undefined {
  if (snapshot === undefined || meta === undefined) return undefined;
  if (snapshot.position > segments.end || index.damage !== undefined) return undefined;
  const hasQueues = snapshot.queues.every((entry) => {
    const queue = queues.get(entry.topic, entry.queueId);
    if (queue === undefined) return entry.next === entry.earliest && entry.next === 0;
    return queue.kind === entry.kind && queue.damage === undefined && queue.next >= entry.next;
  });
  const files = new Map(index.files().map((file) => [file.name, file]));
  const hasIndex = snapshot.index.every(({ name, count }) => {
    const file = files.get(name);
    return file !== undefined && file.count >= count;
  });
  return hasQueues && hasIndex ? snapshot : undefined;
}
