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
  ABORT_FILE,
  decodeMetaSlot,
  decodeStoreCheckpoint,
  META_FILE,
  META_FILE_BYTE_LENGTH,
  META_SLOT_BYTE_LENGTH,
  STORE_CHECKPOINT_BYTE_LENGTH,
  STORE_CHECKPOINT_FILE,
  type StoreCheckpointRecord,
  type StreambedMeta,
  type StreambedPositions,
} from "../layout/mod.ts";
import { whosePositions } from "../life/mod.ts";
import { cacheIdentity, crcRule, findLastWriter, type LastWriter } from "../life/mod.ts";
import type { Findings } from "./report.ts";

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
export function readState(directory: StoreDirectory, findings: Findings): StoreState {
  const meta = readOwnMeta(directory, findings);
  const own = hasLiveWriter(directory);
  const live = own || isLocked(directory);
  const abort = readWholeFile(directory, ABORT_FILE);
  const closed = !live && abort === undefined && meta?.state !== "open";
  const signature = abort && new TextDecoder().decode(abort);
  const last = findLastWriter(meta, signature, cacheIdentity(directory));
  // A live broker leaves the file of a writer of ours as it was.
  const positions = live && !own ? undefined : readPositions(directory, findings, live);
  return {
    meta,
    positions: positions !== undefined && whosePositions(positions, { meta, last }) !== "outdated"
      ? positions
      : undefined,
    checkpoint: readCheckpoint(directory, findings),
    live,
    closed,
    last,
    isOwn: crcRule(last),
    derivedTo: closed ? Infinity : meta?.state === "open" ? meta.dispatched : 0,
  };
}

function readOwnMeta(directory: StoreDirectory, findings: Findings): StreambedMeta | undefined {
  const bytes = readWholeFile(directory, META_FILE);
  if (bytes === undefined) return undefined;
  const found = findMeta(bytes);
  switch (found) {
    case "unwritten":
      return undefined;
    case "unfinished":
      findings.add({
        severity: "note",
        area: "streambed",
        text:
          "its first writing was cut off, before it promised anything; the next writer repeats it",
        path: META_FILE,
      });
      return undefined;
    case "damaged":
      findings.add({
        severity: "damage",
        area: "streambed",
        text: "neither slot is intact: the mark and what Streambed wrote are not known",
        path: META_FILE,
      });
      return undefined;
    default:
      checkSlots(bytes, found, findings);
      return found;
  }
}

function checkSlots(bytes: Uint8Array, meta: StreambedMeta, findings: Findings): void {
  if (bytes.length !== META_FILE_BYTE_LENGTH) {
    const text = `it has ${bytes.length} bytes instead of ${META_FILE_BYTE_LENGTH}`;
    findings.add({ severity: "note", area: "streambed", text, path: META_FILE });
  }
  if (meta.generation <= 1) return;
  const slots = [0, META_SLOT_BYTE_LENGTH].map((at) =>
    bytes.subarray(at, at + META_SLOT_BYTE_LENGTH)
  );
  if (slots.every((slot) => decodeMetaSlot(slot) !== undefined)) return;
  const text = `one slot is torn, the other (generation ${meta.generation}) counts`;
  findings.add({ severity: "note", area: "streambed", text, path: META_FILE });
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
    findings.add({ severity: "note", area: "streambed", text, path: file.path });
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
    findings.add({ severity: "note", area: "checkpoint", text, path: STORE_CHECKPOINT_FILE });
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
  findings.add({ severity: "note", area: "checkpoint", text, path: STORE_CHECKPOINT_FILE });
}
