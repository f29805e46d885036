/**
 * What a store's small files say about its last writer, and so what to expect of the rest.
 *
 * @module
 */
import {
  findMeta,
  hasLiveWriter,
  isLocked,
  PositionsFile,
  readWholeFile,
  type StoreDirectory,
} from "../directory/mod.ts";
import {
  decodeMetaSlot,
  decodeStoreCheckpoint,
  META_FILE,
  META_FILE_BYTE_LENGTH,
  META_SLOT_BYTE_LENGTH,
  type RecordView,
  STORE_CHECKPOINT_BYTE_LENGTH,
  STORE_CHECKPOINT_FILE,
  type StoreCheckpointRecord,
  type StreambedMeta,
  type StreambedPositions,
} from "../layout/mod.ts";
import type { Environment } from "../environment.ts";
import {
  cacheIdentity,
  findLastWriter,
  type LastWriter,
  OwnRecords,
  readAbort,
  rebuildStart,
  whosePositions,
} from "../life/mod.ts";
import type { Findings, Severity } from "./report.ts";

/** What is known about a store before its log is read. */
export interface StoreState {
  /** Our own knowledge of it, if Streambed ever wrote it. */
  readonly meta: StreambedMeta | undefined;
  /** How far a writer got, for readers. */
  readonly positions: StreambedPositions | undefined;
  readonly checkpoint: StoreCheckpointRecord | undefined;
  /** Whether a writer is at work. */
  readonly live: boolean;
  /** Whether the last writer closed the store. */
  readonly closed: boolean;
  /** How the end of the log is judged, and which records are ours. */
  readonly last: LastWriter;
  /** Whether the record at a position must carry its whole-record checksum: Streambed wrote it. */
  readonly isOwn: (position: number) => boolean;
  /** The queues and the index should be whole for the log below this position. */
  readonly derivedTo: number;
}

/**
 * Reads the small files of a store; writes nothing.
 *
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If a newer release wrote the store.
 */
export async function readState(
  environment: Environment,
  directory: StoreDirectory,
  findings: Findings,
): Promise<StoreState> {
  const meta = readOwnMeta(directory, findings);
  const own = hasLiveWriter(directory);
  const live = own || isLocked(directory);
  const abort = readAbort(directory);
  const closed = !live && abort === undefined && meta?.state !== "open";
  const last = findLastWriter(meta, abort, cacheIdentity(directory));
  // A live broker leaves the file of a writer of ours as it was.
  const told = live && !own ? undefined : readPositions(directory, findings, live);
  const isOutdated = told !== undefined && whosePositions(told, { meta, last }) === "outdated";
  const checkpoint = readCheckpoint(directory, findings);
  const open = meta?.state === "open" ? meta.dispatched : 0;
  // A writer that died while it recovered leaves less than the one before had made durable: what
  // the next one derives is not damage.
  const rebuilt = live || closed || open === 0
    ? undefined
    : await rebuildStart(environment, directory);
  return {
    meta,
    positions: isOutdated ? undefined : told,
    checkpoint,
    live,
    closed,
    last,
    isOwn: new OwnRecords(last).requiresCrc,
    derivedTo: closed ? Infinity : Math.min(open, rebuilt ?? open),
  };
}

/**
 * How bad a fault is in what is derived of the record at a position: what a writer had made durable
 * should be there; that of RocketMQ's own messages may be missing.
 */
export function derivedSeverity(state: StoreState, position: number, missing = false): Severity {
  if (position >= state.derivedTo) return "note";
  return missing && !state.isOwn(position) ? "note" : "damage";
}

/**
 * The same of files: a crash leaves them short, and slots of an index that lead to lost entries;
 * the next writer mends that.
 */
export function fileSeverity(state: StoreState, position: number, missing = false): Severity {
  const isCrashed = !state.live && state.meta?.state === "open";
  return isCrashed ? "note" : derivedSeverity(state, position, missing);
}

/**
 * Whether a live writer may have stored a record and not dispatched it at its store checkpoint: it
 * dispatches record by record, in the order of the log.
 */
export function isUnderWay(
  { live, derivedTo, checkpoint }: StoreState,
  { position, storeTimestamp }: RecordView,
): boolean {
  const dispatched = checkpoint?.logicsMsgTimestamp ?? 0;
  return live && position >= derivedTo && storeTimestamp >= dispatched;
}

function readOwnMeta(directory: StoreDirectory, findings: Findings): StreambedMeta | undefined {
  const bytes = readWholeFile(directory, META_FILE);
  const found = bytes === undefined ? "unwritten" : findMeta(bytes);
  if (found === "unfinished") {
    const text =
      "its first writing was cut off, before it promised anything; the next writer repeats it";
    findings.add("note", "streambed", text, { path: META_FILE });
  }
  if (found === "damaged") {
    const text = "neither slot is intact: the mark and what Streambed wrote are not known";
    findings.add("damage", "streambed", text, { path: META_FILE });
  }
  if (typeof found === "string") return undefined;
  checkSlots(bytes!, found, findings);
  return found;
}

function checkSlots(bytes: Uint8Array, meta: StreambedMeta, findings: Findings): void {
  if (bytes.length !== META_FILE_BYTE_LENGTH) {
    const text = `it has ${bytes.length} bytes instead of ${META_FILE_BYTE_LENGTH}`;
    findings.add("note", "streambed", text, { path: META_FILE });
  }
  if (meta.generation <= 1) return;
  const slots = [0, META_SLOT_BYTE_LENGTH].map((at) =>
    bytes.subarray(at, at + META_SLOT_BYTE_LENGTH)
  );
  if (slots.every((slot) => decodeMetaSlot(slot) !== undefined)) return;
  const text = `one slot is torn, the other (generation ${meta.generation}) counts`;
  findings.add("note", "streambed", text, { path: META_FILE });
}

function readPositions(
  directory: StoreDirectory,
  findings: Findings,
  live: boolean,
): StreambedPositions | undefined {
  const file = PositionsFile.open(directory);
  if (file === undefined) return undefined;
  const positions = file.read();
  file.close();
  if (positions === undefined && live) {
    const text = "it holds no intact record, so readers in other processes see nothing new";
    findings.add("note", "streambed", text, { path: file.path });
  }
  return positions;
}

function readCheckpoint(
  directory: StoreDirectory,
  findings: Findings,
): StoreCheckpointRecord | undefined {
  const bytes = readWholeFile(directory, STORE_CHECKPOINT_FILE);
  if (bytes === undefined) return undefined;
  if (bytes.length < STORE_CHECKPOINT_BYTE_LENGTH) {
    const text = `it has ${bytes.length} bytes instead of ${STORE_CHECKPOINT_BYTE_LENGTH}`;
    findings.add("note", "checkpoint", text, { path: STORE_CHECKPOINT_FILE });
  }
  return decodeStoreCheckpoint(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
}

/**
 * Compares the store checkpoint with the log. It only chooses how much RocketMQ scans, so nothing
 * in it is damage. `latestTimestamp` is the log's newest storeTimestamp, ms since epoch.
 */
export function checkStoreCheckpoint(
  checkpoint: StoreCheckpointRecord | undefined,
  latestTimestamp: number,
  to: number,
  findings: Findings,
): void {
  if (checkpoint === undefined) return;
  const ahead: string[] = [];
  for (const field of ["physicMsgTimestamp", "logicsMsgTimestamp", "indexMsgTimestamp"] as const) {
    if (checkpoint[field] < 0 || checkpoint[field] > latestTimestamp) ahead.push(field);
  }
  for (const field of ["confirmPhyOffset", "logicsPhysicalOffset"] as const) {
    if (checkpoint[field] < 0 || checkpoint[field] > to) ahead.push(field);
  }
  if (ahead.length === 0) return;
  const text = `${ahead.join(", ")} ${ahead.length === 1 ? "is" : "are"} beyond the end of the log`;
  findings.add("note", "checkpoint", text, { path: STORE_CHECKPOINT_FILE });
}
