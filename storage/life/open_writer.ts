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
  formatUuid,
  indexEntryOffset,
  LOG_FOLDER,
  mergeRanges,
  META_FILE,
  OPEN_END,
  OWN_FOLDER,
  QUEUE_ENTRY,
  STORE_CHECKPOINT_FILE,
  STORE_SIGNS,
  type StreambedMeta,
} from "../layout/mod.ts";
import { ActiveSegment, type LogEnd, SegmentPreparer } from "../log/mod.ts";
import type { ResolvedOptions } from "../options.ts";
import { abortSignature, cacheIdentity } from "./last_writer.ts";
import { openForWriting, redirty, removeSegmentsBehind, zeroTail } from "./repair.ts";
import { recover, type Recovered } from "./recover.ts";
import { closeStoreFiles, openStoreRoot, readStoreFiles, type StoreFiles } from "./store_files.ts";
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
}

/** Opens a directory for writing. */
export async function openWriter(
  environment: Environment,
  path: string,
  options: ResolvedOptions,
): Promise<OpenedWriter> {
  const notes: string[] = [];
  const directory = openStoreRoot(environment, path, options, notes);
  let lock: WriterLock | undefined;
  try {
    refuseMissing(directory, options);
    lock = await inTurn(environment, () => takeWriterLock(directory));
    const opened = await openLocked(environment, directory, options, notes, lock);
    signWriterLock(directory, lock, environment.clock.now());
    return opened;
  } catch (error) {
    if (lock !== undefined) releaseWriterLock(directory, lock);
    directory.close();
    throw explainFullDisk(error);
  }
}

/** Waits a moment for a writer of this process: a Worker told to end may still hold the lock. */
async function inTurn<T>({ clock, libc, timers }: Environment, lock: () => T): Promise<T> {
  const end = clock.monotonic() + ENDING_MS;
  for (;;) {
    try {
      return lock();
    } catch (error) {
      const isEnding = StoreError.is(error, "LOCKED") && error.retryable &&
        error.processId === libc.processId();
      if (!isEnding || clock.monotonic() > end) throw error;
    }
    await new Promise<void>((resolve) => timers.after(ENDING_STEP_MS, resolve));
    libc.closeAbandoned();
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

async function openLocked(
  environment: Environment,
  directory: StoreDirectory,
  options: ResolvedOptions,
  notes: string[],
  lock: WriterLock,
): Promise<OpenedWriter> {
  refuseUnseenConfig(directory);
  const files = await readStoreFiles(environment, directory, options, notes);
  let meta: MetaFile | undefined;
  let end: LogEnd | undefined;
  try {
    refuseLowLimits(files);
    await refuseUnseenLog(files);
    files.derived.index.removeUnfinished();
    const recovered = await recoverMarked(files);
    for (const folder of [LOG_FOLDER, OWN_FOLDER]) directory.ensureFolder(folder);
    for (const home of directory.logHomes) home.ensureFolder(OWN_FOLDER);
    SegmentPreparer.removeLeftovers(directory);
    removeTemporaries(directory);
    end = await mend(files, recovered);
    await checkpointForBroker(files, end);
    meta = MetaFile.open(directory, files.meta, files.identity);
    check(await meta.settle(), "write", META_FILE);
    const { note } = directory.trust;
    const offsets = new ConsumerOffsets(files.broker, { environment, note });
    const next = nextMeta(files, recovered, offsets);
    check(await meta.write(next), "write", META_FILE);
    // Its name may not be durable even if it was there: its maker may have failed before syncing.
    directory.syncFolder(OWN_FOLDER);
    writeAbort(directory, abortSignature(next));
    return { files, lock, meta, end, offsets, isRebuilt: recovered.start === files.segments.start };
  } catch (error) {
    await end?.active?.close();
    await meta?.close();
    await closeStoreFiles(files);
    throw error;
  }
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

/** Closes an opened directory that no store took over. */
export async function closeWriter({ files, lock, meta, end }: OpenedWriter): Promise<void> {
  await end.active?.close();
  await meta.close();
  await closeStoreFiles(files);
  releaseWriterLock(files.directory, lock);
  files.directory.close();
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
async function mend(files: StoreFiles, recovered: Recovered): Promise<LogEnd> {
  const { directory, segments } = files;
  const { end, lastTimestamp, lastPosition } = recovered;
  if (end < segments.end) await disownTail(files, end);
  removeSegmentsBehind(directory, segments, end);
  const trusted = Math.max(trustedPosition(files, end), segments.start);
  await redirty(directory, files.environment.timers, segments, trusted, end);
  const active = await openLastSegment(files, recovered);
  try {
    await mendDerived(files);
  } catch (error) {
    await active?.close();
    throw error;
  }
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
  const { timers } = files.environment;
  const descriptor = await openForWriting(directory, timers, tail.path, tail.byteLength);
  try {
    if (hasTail) zeroTail(directory, descriptor, end - tail.base, tail.byteLength, tail.path);
    const isMapped = options.writePath === "mapped";
    const active = new ActiveSegment(directory, tail.base, descriptor, isMapped);
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
    storeId: meta?.storeId ?? randomUuid(environment),
    epoch: (meta?.epoch ?? 0) + 1,
    ...cacheIdentity(directory),
    mark: end,
    geometry,
    state: "open",
    dispatched: derived.isWhole ? end : start,
    ranges: mergeRanges([...ranges, { from: end, to: OPEN_END }]),
    start: segments.start,
    ...offsets.told,
  };
}

function randomUuid(environment: Environment): string {
  const bytes = environment.random.bytes(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return formatUuid(bytes, 0);
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
