/**
 * RocketMQ's file `checkpoint`, as its `StoreCheckpoint` reads it.
 *
 * A Java store picks the segment where its recovery starts by the times in it, so no time is written that is not durable in log,
 * queues and index alike. Fields that are not ours are kept.
 *
 * @module
 */
import { check, type Descriptor } from "../../ffi/mod.ts";
import { readFully, type StoreDirectory, writeFully } from "../directory/mod.ts";
import {
  decodeStoreCheckpoint,
  encodeStoreCheckpoint,
  STORE_CHECKPOINT_BYTE_LENGTH,
} from "../layout/mod.ts";

const CHECKPOINT_FILE = "checkpoint";

/** What is durable everywhere. */
export interface DurableEverywhere {
  /** storeTimestamp of the last record, ms since epoch. */
  readonly storeTimestamp: number;
  /** Position of the last record. */
  readonly lastPosition: number;
}

/**
 * Writes the store checkpoint and makes it durable.
 *
 * @param directory The store's directory.
 * @param durable What is durable everywhere.
 */
export async function writeStoreCheckpoint(
  directory: StoreDirectory,
  durable: DurableEverywhere,
): Promise<void> {
  const { libc } = directory;
  const file = directory.openFile(CHECKPOINT_FILE, { write: true, create: true })!;
  try {
    const bytes = new Uint8Array(STORE_CHECKPOINT_BYTE_LENGTH);
    check(readFully(libc, file.descriptor, bytes, 0), "read", CHECKPOINT_FILE);
    const view = new DataView(bytes.buffer);
    const record = decodeStoreCheckpoint(view);
    encodeStoreCheckpoint(view, {
      ...record,
      physicMsgTimestamp: durable.storeTimestamp,
      logicsMsgTimestamp: durable.storeTimestamp,
      indexMsgTimestamp: durable.storeTimestamp,
      logicsPhysicalOffset: durable.lastPosition,
    });
    await writeDurably(directory, file.descriptor, bytes);
  } finally {
    libc.close(file.descriptor);
  }
}

async function writeDurably(
  directory: StoreDirectory,
  descriptor: Descriptor,
  bytes: Uint8Array,
): Promise<void> {
  const { libc } = directory;
  check(writeFully(libc, descriptor, bytes, 0), "write", CHECKPOINT_FILE);
  check(await libc.fdatasyncAsync(descriptor), "sync", CHECKPOINT_FILE);
}
