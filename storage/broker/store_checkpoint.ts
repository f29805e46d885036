/**
 * RocketMQ's file `checkpoint`, as its `StoreCheckpoint` reads it.
 *
 * A Java store chooses the first segment of its recovery by these times, so they only cover what is
 * durable in log, queues and index alike. After a crash it deletes index files with newer messages
 * and indexes only what its recovery reads: the recovery must start where the newest index file
 * begins, or keys are lost. Fields that are not ours are kept.
 *
 * @module
 */
import { check } from "../../ffi/mod.ts";
import type { MessageIndex } from "../derived/mod.ts";
import { readFully, readWholeFile, type StoreDirectory, writeFully } from "../directory/mod.ts";
import {
  decodeStoreCheckpoint,
  encodeStoreCheckpoint,
  STORE_CHECKPOINT_BYTE_LENGTH,
  STORE_CHECKPOINT_FILE,
  type StoreCheckpointRecord,
} from "../layout/mod.ts";

/** What is durable in log, queues and index. */
export interface DurableEverywhere {
  /** Of the last record, ms since epoch. */
  readonly storeTimestamp: number;
  /** Of the last record. */
  readonly lastPosition: number;
  /** First message of the index file that is still written to, if any. */
  readonly openIndex: { readonly storeTimestamp: number; readonly position: number } | undefined;
}

/**
 * First message of the index file that is still written to, which a broker deletes after a crash.
 */
export function openIndexStart(index: MessageIndex): DurableEverywhere["openIndex"] {
  const newest = index.files().at(-1);
  const isOpen = newest !== undefined && newest.count > 0 &&
    newest.count + 1 < index.geometry.entryCount;
  if (!isOpen) return undefined;
  return { storeTimestamp: newest.beginTimestamp, position: newest.beginPosition };
}

/** Reads the store checkpoint; `undefined` if there is none. */
export function readStoreCheckpoint(directory: StoreDirectory): StoreCheckpointRecord | undefined {
  const bytes = readWholeFile(directory, STORE_CHECKPOINT_FILE);
  return bytes && decodeStoreCheckpoint(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
}

/** Writes the store checkpoint and makes it durable. */
export async function writeStoreCheckpoint(
  directory: StoreDirectory,
  durable: DurableEverywhere,
): Promise<void> {
  const { libc } = directory;
  const file = directory.openFile(STORE_CHECKPOINT_FILE, { write: true, create: true })!;
  try {
    const bytes = new Uint8Array(STORE_CHECKPOINT_BYTE_LENGTH);
    check(readFully(libc, file.descriptor, bytes, 0), "read", STORE_CHECKPOINT_FILE);
    const view = new DataView(bytes.buffer);
    const start = recoveryStart(durable);
    encodeStoreCheckpoint(view, {
      ...decodeStoreCheckpoint(view),
      physicMsgTimestamp: start.storeTimestamp,
      logicsMsgTimestamp: start.storeTimestamp,
      indexMsgTimestamp: durable.storeTimestamp,
      logicsPhysicalOffset: start.position,
    });
    check(writeFully(libc, file.descriptor, bytes, 0), "write", STORE_CHECKPOINT_FILE);
    check(await libc.fdatasyncAsync(file.descriptor), "sync", STORE_CHECKPOINT_FILE);
  } finally {
    libc.close(file.descriptor);
  }
}

/**
 * Where a recovery must start: 5.3.3 goes by the time, 5.5.0 by the position. An earlier file may
 * end at the same time, so it is the millisecond before. Position 0 means "unknown" to 5.5.0, so it
 * is 1.
 */
function recoveryStart(
  { storeTimestamp, lastPosition, openIndex }: DurableEverywhere,
): { readonly storeTimestamp: number; readonly position: number } {
  if (openIndex === undefined) return { storeTimestamp, position: lastPosition };
  return {
    storeTimestamp: Math.min(storeTimestamp, openIndex.storeTimestamp - 1),
    position: Math.max(1, Math.min(lastPosition, openIndex.position)),
  };
}
