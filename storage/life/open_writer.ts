/**
 * Opens a directory for writing: lock, recovery, and everything that must be true before the first
 * append.
 *
 * @module
 */
import { check, quotePath } from "../../ffi/mod.ts";
import {
  ConsumerOffsets,
  openIndexStart,
  removeTemporaries,
  writeStoreCheckpoint,
} from "../broker/mod.ts";
import {
  explainFullDisk,
  MetaFile,
  randomStoreId,
  refuseLongFile,
  releaseWriterLock,
  signWriterLock,
  type StoreDirectory,
  takeWriterLock,
  writeFully,
  type WriterLock,
} from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { notFound, StoreError } from "../errors.ts";
import {
  ABORT_FILE,
  ABORT_WORD,
  CLAIMS_FOLDER,
  CONFIG_FOLDER,
  GROUP_OFFSETS_FILE,
  indexEntryOffset,
  LMQ_GROUP_OFFSETS_FILE,
  LOG_FOLDER,
  META_FILE,
  OWN_FOLDER,
  QUEUE_ENTRY,
  STORE_CHECKPOINT_FILE,
  STORE_SIGNS,
  type StreambedMeta,
} from "../layout/mod.ts";
import { ActiveSegment, type LogEnd, SegmentPreparer } from "../log/mod.ts";
import { Notes } from "../notes.ts";
import type { ResolvedOptions } from "../options.ts";
import { abortSignature, cacheIdentity } from "./last_writer.ts";
import { refuseDamagedEnd } from "./lost_end.ts";
import { rangesFrom } from "./own_records.ts";
import { openForWriting, redirty, removeSegmentsBehind, syncNames, zeroTail } from "./repair.ts";
import { recover, type Recovered } from "./recover.ts";
import {
  closeAll,
  type Opened,
  openStoreRoot,
  readStoreFiles,
  type StoreFiles,
} from "./store_files.ts";
import { tryAgain } from "./try_again.ts";
import { refuseUnseenConfig } from "./unseen_config.ts";
import { refuseUnseenLog } from "./unseen_log.ts";

const ENDING_MS = 1000;
const ENDING_STEP_MS = 20;

/** A directory that is ready to be written. */
export interface OpenedWriter {
  /** What is in it, in line with the log. */
  readonly files: StoreFiles;
  readonly lock: WriterLock;
  /** `streambed/meta`, which says that a writer is at work. */
  readonly meta: MetaFile;
  /** Where the log goes on. */
  readonly end: LogEnd;
  /** How far groups have read. */
  readonly offsets: ConsumerOffsets;
  /** Whether everything derived was built anew. */
  readonly isRebuilt: boolean;
  /** Closes all of it, if no store takes it over. */
  readonly close: () => Promise<void>;
}

/** Opens a directory for writing. */
export async function openWriter(
  environment: Environment,
  path: string,
  options: ResolvedOptions,
): Promise<OpenedWriter> {
  const notes = new Notes();
  const directory = openStoreRoot(environment, path, options, notes);
  const opened: Opened = [() => directory.close()];
  try {
    refuseMissing(directory, options);
    // A Worker of this process that was told to end may hold the lock for a moment.
    const lock = await tryAgain(environment, () => takeWriterLock(directory), {
      stepMs: ENDING_STEP_MS,
      limitMs: ENDING_MS,
      isPassing: (error) =>
        StoreError.is(error, "LOCKED") && error.retryable &&
        error.processId === environment.libc.processId(),
    });
    opened.push(() => releaseWriterLock(directory, lock));
    refuseUnseenConfig(directory);
    const files = readStoreFiles({ environment, directory, options, notes }, opened);
    const ready = await makeReady(files, opened);
    signWriterLock(directory, lock, environment.clock.now());
    return { files, lock, ...ready, close: () => closeAll(opened) };
  } catch (error) {
    await closeAll(opened);
    throw explainFullDisk(error);
  }
}

/** Refuses to make a store of a directory that holds none, unless `create` is set. */
function refuseMissing(directory: StoreDirectory, options: ResolvedOptions): void {
  const isThere = [LOG_FOLDER, ...STORE_SIGNS].some((name) => directory.status(name) !== undefined);
  if (options.create || isThere) return;
  const action = `open store ${quotePath(directory.path)}`;
  const place = { path: directory.path, remedy: "check the path, or open it with create" };
  throw notFound("store", action, "the directory holds no store", place);
}

/** Brings what is in a directory in line with the log, and says that a writer is at work. */
async function makeReady(
  files: StoreFiles,
  opened: Opened,
): Promise<Pick<OpenedWriter, "meta" | "end" | "offsets" | "isRebuilt">> {
  const { environment, directory } = files;
  refuseLowLimits(files);
  await refuseUnseenLog(files);
  await refuseDamagedEnd(files);
  files.derived.index.removeUnfinished();
  const recovered = await recoverMarked(files);
  for (const folder of [LOG_FOLDER, OWN_FOLDER, CLAIMS_FOLDER]) directory.ensureFolder(folder);
  for (const home of directory.logHomes) home.ensureFolder(OWN_FOLDER);
  SegmentPreparer.removeLeftovers(directory);
  removeTemporaries(directory);
  const end = await mend(files, recovered, opened);
  await checkpointForBroker(files, end);
  const meta = MetaFile.open(directory, files.meta, files.identity);
  opened.push(() => meta.close());
  check(await meta.settle(), "write", META_FILE);
  const { note } = directory.trust;
  const offsets = new ConsumerOffsets(files.broker, { environment, note });
  const next = nextMeta(files, recovered, offsets);
  syncGroupFiles(files, next);
  check(await meta.write(next), "write", META_FILE);
  // Its name may not be durable even if it was there: its maker may have failed before syncing.
  directory.syncFolder(OWN_FOLDER);
  writeAbort(directory, abortSignature(next));
  return { meta, end, offsets, isRebuilt: recovered.start === files.segments.start };
}

/**
 * Walks the log with the abort marker in place: the walk rewrites what is derived, and a crash in
 * the middle must not look like an orderly end, even to a broker.
 */
async function recoverMarked(files: StoreFiles): Promise<Recovered> {
  const { directory } = files;
  const isMarked = files.abort !== undefined;
  // The marker's name may not be durable: a power cut could take it, with what this walk rewrites.
  if (isMarked) directory.syncFolder(".");
  else writeAbort(directory, ABORT_WORD);
  try {
    return await recover(files);
  } catch (error) {
    // A refused log stays as it was found. Any other error stopped the walk half-way, as the marker
    // tells the next one.
    if (!isMarked && StoreError.is(error, "CORRUPTED")) {
      directory.libc.unlinkat(directory.descriptor, ABORT_FILE);
    }
    throw error;
  }
}

/**
 * Replaces a broker's store checkpoint, which describes an index that is gone: after a crash of
 * this writer, the next broker would start its recovery too late to find all keys.
 */
async function checkpointForBroker(files: StoreFiles, end: LogEnd): Promise<void> {
  const { directory, derived } = files;
  if (end.position === 0 || !derived.isWhole) return;
  const { storeTimestamp, lastPosition } = end;
  const openIndex = openIndexStart(derived.index);
  await writeStoreCheckpoint(directory, { storeTimestamp, lastPosition, openIndex });
}

/** Below the longest file's length, a file size limit would kill the process (SIGXFSZ). */
function refuseLowLimits({ environment, geometry }: StoreFiles): void {
  const { segmentByteLength, queueEntryCount, indexSlotCount, indexEntryCount } = geometry;
  const longest = Math.max(
    segmentByteLength,
    queueEntryCount * QUEUE_ENTRY.byteLength,
    indexEntryOffset(indexSlotCount, indexEntryCount),
  );
  refuseLongFile(environment.libc, longest, "open store");
}

/** Cuts the tail, makes durable what is about to be shown, and opens the segment to go on in. */
async function mend(files: StoreFiles, recovered: Recovered, opened: Opened): Promise<LogEnd> {
  const { directory, segments } = files;
  const { end, lastTimestamp, lastPosition } = recovered;
  if (end < segments.end) await disownTail(files, end);
  removeSegmentsBehind(directory, segments, end);
  const trusted = Math.max(trustedPosition(files, end), segments.start);
  if (trusted < end) syncNames(directory);
  await redirty(segments, files.environment.timers, { from: trusted, to: end });
  const active = await openLastSegment(files, recovered);
  opened.push(async () => await active?.close());
  await mendDerived(files);
  return { active, position: end, storeTimestamp: lastTimestamp, lastPosition };
}

/** Opens the segment that the log ends in and zeroes its tail; `undefined` if it is full. */
async function openLastSegment(
  files: StoreFiles,
  recovered: Recovered,
): Promise<ActiveSegment | undefined> {
  const { directory, segments, options } = files;
  const { end, hasTail } = recovered;
  const tail = end < segments.end ? segments.at(end) : undefined;
  if (tail === undefined) return undefined;
  const descriptor = await openForWriting(tail, files.environment.timers);
  try {
    if (hasTail) zeroTail(tail, descriptor, end - tail.base);
    const active = new ActiveSegment(directory, tail.base, descriptor, options);
    await active.warm(options.tuning);
    return active;
  } catch (error) {
    directory.libc.close(descriptor);
    throw error;
  }
}

/**
 * Removes what points at segments before they are removed: a crash in between would look as if the
 * log lay elsewhere. A store checkpoint goes by times, so it is wrong only if nothing is left.
 */
async function disownTail(files: StoreFiles, end: number): Promise<void> {
  if (!files.segments.all.some(({ base }) => base >= end)) return;
  await mendDerived(files);
  if (end > 0 || files.directory.status(STORE_CHECKPOINT_FILE) === undefined) return;
  const nothing = { storeTimestamp: 0, lastPosition: 0, openIndex: undefined };
  await writeStoreCheckpoint(files.directory, nothing);
}

/** Makes durable what the walk changed in queues and index. */
async function mendDerived({ derived }: StoreFiles): Promise<void> {
  derived.deleteTrimmed();
  await derived.sync();
}

/** Position below which all is taken as flushed: our mark, or two segments before a foreign end. */
function trustedPosition({ last, segments }: StoreFiles, end: number): number {
  if (last.rule !== "foreign") return last.mark;
  return Math.max(last.mark, end - 2 * segments.segmentByteLength);
}

function nextMeta(
  files: StoreFiles,
  recovered: Recovered,
  offsets: ConsumerOffsets,
): StreambedMeta {
  const { meta, geometry, environment, directory, derived, segments } = files;
  const { end, ranges, start } = recovered;
  return {
    generation: meta?.generation ?? 0,
    storeId: meta?.storeId ?? randomStoreId(environment),
    epoch: (meta?.epoch ?? 0) + 1,
    ...cacheIdentity(directory),
    mark: end,
    geometry,
    state: "open",
    dispatched: derived.isWhole ? end : start,
    ranges: rangesFrom(ranges, end, true),
    start: segments.start,
    ...offsets.told,
  };
}

/**
 * Makes files of groups durable as they were found: their writer may have died before that, or be a
 * broker, which does not sync them. A power cut must not take what meta tells of, nor set a group
 * back behind what it went on from.
 */
function syncGroupFiles({ directory }: StoreFiles, next: StreambedMeta): void {
  if (!next.hasOffsets && !next.hasLmqOffsets) return;
  const { libc } = directory;
  for (const path of [GROUP_OFFSETS_FILE, LMQ_GROUP_OFFSETS_FILE]) {
    const file = directory.openFile(path);
    if (file === undefined) continue;
    const synced = libc.fsync(file.descriptor);
    libc.close(file.descriptor);
    check(synced, "sync", path);
  }
  directory.syncFolder(CONFIG_FOLDER);
}

/** To RocketMQ the file means "not closed in order"; its content tells that it is ours. */
function writeAbort(directory: StoreDirectory, signature: string): void {
  const { libc } = directory;
  directory.remove(ABORT_FILE);
  const file = directory.openFile(ABORT_FILE, { write: true, create: true })!;
  try {
    const bytes = new TextEncoder().encode(signature);
    check(writeFully(libc, file.descriptor, bytes, 0), "write", ABORT_FILE);
    check(libc.fsync(file.descriptor), "sync", ABORT_FILE);
  } finally {
    libc.close(file.descriptor);
  }
  directory.syncFolder(".");
}
