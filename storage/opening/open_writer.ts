/**
 * Opens a directory for writing: lock, recovery, and everything that must be true before the first append.
 *
 * @module
 */
import { check, failed, type FileLock } from "../../ffi/mod.ts";
import { removeTemporaries } from "../config/mod.ts";
import {
  MetaFile,
  OWN_FOLDER,
  releaseWriterLock,
  type StoreDirectory,
  takeWriterLock,
  writeFully,
} from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { ResourceLimitError } from "../errors.ts";
import { formatUuid, mergeRanges, OPEN_END, type StreambedMeta } from "../layout/mod.ts";
import type { LogEnd } from "../log/mod.ts";
import type { ResolvedOptions } from "../options.ts";
import {
  abortSignature,
  cacheIdentity,
  openForWriting,
  redirty,
  removeSegmentsBehind,
  zeroTail,
} from "../recovery/mod.ts";
import { ActiveSegment, LOG_FOLDER, SegmentPreparer } from "../segment/mod.ts";
import { recover, type Recovered } from "./recover.ts";
import {
  ABORT_FILE,
  closeStoreFiles,
  openStoreRoot,
  readStoreFiles,
  type StoreFiles,
} from "./store_files.ts";

/** A directory that is ready to be written. */
export interface OpenedWriter {
  /** What is in it, in line with the log. */
  readonly files: StoreFiles;
  /** The writer's lock. */
  readonly lock: FileLock;
  /** `streambed/meta`, which says that a writer is at work. */
  readonly meta: MetaFile;
  /** Where the log goes on. */
  readonly end: LogEnd;
  /** Whether everything derived was built anew. */
  readonly isRebuilt: boolean;
}

/**
 * Opens a directory for writing.
 *
 * @param environment The world.
 * @param path Path of the directory.
 * @param options Options of the opening.
 * @returns What is ready to be written.
 */
export async function openWriter(
  environment: Environment,
  path: string,
  options: ResolvedOptions,
): Promise<OpenedWriter> {
  const notes: string[] = [];
  const directory = openStoreRoot(environment, path, options, notes);
  let lock: FileLock | undefined;
  try {
    lock = takeWriterLock(directory);
    return await openLocked(environment, directory, options, notes, lock);
  } catch (error) {
    if (lock !== undefined) releaseWriterLock(directory, lock);
    directory.close();
    throw error;
  }
}

async function openLocked(
  environment: Environment,
  directory: StoreDirectory,
  options: ResolvedOptions,
  notes: string[],
  lock: FileLock,
): Promise<OpenedWriter> {
  const files = readStoreFiles(environment, directory, options, notes);
  let meta: MetaFile | undefined;
  try {
    refuseLowLimits(files);
    const recovered = await recover(files);
    for (const folder of [LOG_FOLDER, OWN_FOLDER]) directory.ensureFolder(folder);
    SegmentPreparer.removeLeftovers(directory);
    removeTemporaries(directory);
    const end = await mend(files, recovered);
    meta = MetaFile.open(directory);
    const next = nextMeta(files, recovered);
    check(await meta.write(next), "write", "streambed/meta");
    writeAbort(directory, abortSignature(next));
    return { files, lock, meta, end, isRebuilt: recovered.start === files.segments.start };
  } catch (error) {
    await meta?.close();
    await closeStoreFiles(files);
    throw error;
  }
}

/** A limit below a segment's length would kill the process with SIGXFSZ in the middle of a write. */
function refuseLowLimits(files: StoreFiles): void {
  const limit = files.environment.libc.resourceLimit("fileByteLength");
  const { segmentByteLength } = files.geometry;
  if (failed(limit) || limit.soft >= segmentByteLength) return;
  throw new ResourceLimitError("fileByteLength", limit.soft, segmentByteLength);
}

/** Cuts the tail, makes durable what is about to be shown, and opens the segment to go on in. */
async function mend(files: StoreFiles, recovered: Recovered): Promise<LogEnd> {
  const { directory, segments, queues, index, options } = files;
  const { end, hasTail, lastTimestamp, lastPosition } = recovered;
  removeSegmentsBehind(directory, segments, end);
  redirty(directory, segments, Math.max(trustedPosition(files, end), segments.start), end);
  const tail = end < segments.end ? segments.at(end) : undefined;
  let active: ActiveSegment | undefined;
  if (tail !== undefined) {
    const descriptor = openForWriting(directory, tail.path, tail.byteLength);
    if (hasTail) zeroTail(directory, descriptor, end - tail.base, tail.byteLength, tail.path);
    const isMapped = options.writePath === "mapped";
    active = new ActiveSegment(directory, tail.base, descriptor, isMapped);
    active.warm(options);
  }
  queues.deleteFilesBelow();
  queues.writePending();
  const synced = await queues.sync();
  if (synced.failure !== undefined) {
    check(synced.failure.failure, "sync", synced.failure.path);
  }
  index.deleteBelow(segments.start);
  await index.sync();
  return { active, position: end, storeTimestamp: lastTimestamp, lastPosition };
}

/** Below it everything is taken to be on the disk: by our mark, or because RocketMQ went on for two segments since. */
function trustedPosition({ last, segments }: StoreFiles, end: number): number {
  if (last.rule !== "foreign") return last.mark;
  return Math.max(last.mark, end - 2 * segments.segmentByteLength);
}

function nextMeta(files: StoreFiles, recovered: Recovered): StreambedMeta {
  const { meta, geometry, environment, directory } = files;
  const { end, ranges } = recovered;
  return {
    generation: meta?.generation ?? 0,
    storeId: meta?.storeId ?? randomUuid(environment),
    epoch: (meta?.epoch ?? 0) + 1,
    ...cacheIdentity(directory),
    mark: end,
    geometry,
    state: "open",
    dispatched: end,
    ranges: mergeRanges([...ranges, { from: end, to: OPEN_END }]),
  };
}

function randomUuid(environment: Environment): string {
  const bytes = environment.random.bytes(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return formatUuid(bytes, 0);
}

/** RocketMQ takes the file's existence for "was not closed in order"; its content says that it was us. */
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
