/**
 * Putting back what a backup carries beside the log.
 *
 * @module
 */
import { check, type Descriptor, failed } from "../../ffi/mod.ts";
import { decodeNextOffsets, type NextOffset, queueFolder, QueueTable } from "../derived/mod.ts";
import { folderOf, foldersOf, type StoreDirectory, writeFully } from "../directory/mod.ts";
import { formatSegmentName, NEXT_OFFSETS_FILE, QUEUE_ENTRY } from "../layout/mod.ts";
import type { WorkOptions } from "../types.ts";
import type { BackupHead } from "./backup_header.ts";
import type { SmallFile } from "./carried_files.ts";

/** A backup that is whole, and the store that it becomes. */
export interface Restore {
  readonly root: StoreDirectory;
  /** Of the backup. */
  readonly descriptor: Descriptor;
  readonly head: BackupHead;
  /** Of the backup, or a new one. */
  readonly storeId: string;
  readonly files: readonly SmallFile[];
  /** Paths of what is made, each before it is. */
  readonly made: string[];
  readonly options: WorkOptions;
}

/**
 * Writes the files of a backup, durably. Queues without a message in the log get a file too, so
 * that RocketMQ goes on where they were.
 */
export async function restoreBeside(restore: Restore): Promise<void> {
  const { root, made } = restore;
  for (const { path, bytes } of restore.files) {
    if (path === NEXT_OFFSETS_FILE) await makeQueues(restore, decodeNextOffsets(bytes)!);
    const folder = folderOf(path);
    made.push(folder, path);
    root.ensureFolder(folder);
    makeFile(root, path, bytes);
    root.syncFolder(folder);
  }
}

/** Makes a small file, and makes its bytes durable. */
export function makeFile(root: StoreDirectory, path: string, bytes: Uint8Array): void {
  const file = root.openFile(path, { write: true, create: "new" })!;
  const written = writeFully(root.libc, file.descriptor, bytes, 0);
  const synced = failed(written) ? written : root.libc.fsync(file.descriptor);
  root.libc.close(file.descriptor);
  check(synced, "write", path);
}

async function makeQueues(
  { root, head: { manifest }, made }: Restore,
  offsets: readonly NextOffset[],
): Promise<void> {
  const { geometry: { queueEntryCount }, from } = manifest;
  // Entries of deleted messages say position 0, which must not be in the log.
  if (from === 0) return;
  const queues = new QueueTable(root, { readOnly: false, clean: true, queueEntryCount });
  try {
    for (const { topic, queueId, next, kind } of offsets) {
      const simple = kind === "simple";
      const last = simple ? next - 1 : 0;
      const start = (last - last % queueEntryCount) * QUEUE_ENTRY.byteLength;
      const folder = queueFolder({ topic, queueId, kind });
      made.push(...foldersOf(folder), `${folder}/${formatSegmentName(start)}`);
      queues.ensure(topic, queueId, kind).keep(next);
    }
    queues.writePending();
    const synced = await queues.sync();
    if (synced.state === "failed") check(synced.failure, "sync", synced.path);
  } finally {
    queues.close();
  }
}
