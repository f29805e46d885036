/**
 * Making a store of a backup.
 *
 * Every record is checked before anything is made. The new directory holds the log, the broker's
 * configuration with the progress of groups, and the note that the first writer must build queues
 * and index.
 *
 * @module
 */
import {
  check,
  type Descriptor,
  failed,
  type Libc,
  quotePath,
  transferRange,
} from "../../ffi/mod.ts";
import {
  MetaFile,
  openRoot,
  randomStoreId,
  readMeta,
  refuseLongFile,
  releaseWriterLock,
  type StoreDirectory,
  takeWriterLock,
  writeFailure,
} from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { damagedBackup, foreignFormat, StoreError } from "../errors.ts";
import {
  ABORT_FILE,
  GROUP_OFFSETS_FILE,
  LMQ_GROUP_OFFSETS_FILE,
  LOCK_FILE,
  LOG_FOLDER,
  META_FILE,
  OWN_FOLDER,
  segmentPath,
  UNFINISHED_RESTORE,
  UNKNOWN_BOOT_ID,
  UNKNOWN_MOUNT_ID,
} from "../layout/mod.ts";
import type { OpenStoreOptions } from "../options.ts";
import type { WorkOptions } from "../types.ts";
import type { BackupManifest } from "./backup_header.ts";
import { checkBackupRecords, readBackupHead, readCarriedFiles } from "./backup_source.ts";
import { openOuterFile } from "./outer_file.ts";
import { makeFile, type Restore, restoreBeside } from "./restore_beside.ts";

export interface RestoreOptions extends WorkOptions, Pick<OpenStoreOptions, "trustDirectory"> {}

/**
 * Makes a store of a backup.
 *
 * @param directory Of the new store: empty, or not there yet.
 * @param options Each byte counts twice in its progress, once checked and once copied.
 * @throws {StoreError<"NOT_FOUND">} If there is no such file.
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If the file is not a backup, or the directory is not
 * empty.
 * @throws {StoreError<"CORRUPTED">} If the backup is damaged; then nothing was made.
 * @throws {StoreError<"DISK_FULL">} If there is no room for the log.
 */
export async function restoreBackup(
  environment: Environment,
  file: string,
  directory: string,
  options: RestoreOptions = {},
): Promise<BackupManifest> {
  const { libc, timers } = environment;
  const source = openOuterFile(libc, file, `restore backup ${quotePath(file)}`);
  try {
    const head = readBackupHead(source);
    const files = readCarriedFiles(source, head);
    await checkBackupRecords(timers, source, head, options);
    const { trustDirectory } = options;
    const root = openRoot(libc, directory, { write: true, create: true, trustDirectory });
    try {
      const { descriptor } = source;
      const storeId = head.manifest.storeId ?? randomStoreId(environment);
      await fill({ root, descriptor, head, storeId, files, made: [], options });
    } finally {
      root.close();
    }
    return head.manifest;
  } finally {
    source.close();
  }
}

async function fill(restore: Restore): Promise<void> {
  const { root, made } = restore;
  if (root.list(".")!.length > 0) {
    const remedy = "restore into a directory that is not there yet";
    throw foreignFormat(root.path, "not empty", remedy);
  }
  const lock = takeWriterLock(root);
  try {
    await makeLog(restore);
  } catch (error) {
    removeAll(root, made);
    throw error;
  } finally {
    releaseWriterLock(root, lock);
  }
}

async function makeLog(restore: Restore): Promise<void> {
  const { root, made } = restore;
  // Like RocketMQ's `abort`.
  const marker = new TextEncoder().encode(String(root.libc.processId()));
  made.push(LOCK_FILE, LOG_FOLDER, UNFINISHED_RESTORE, ABORT_FILE);
  root.ensureFolder(LOG_FOLDER);
  makeFile(root, UNFINISHED_RESTORE, marker);
  root.syncFolder(LOG_FOLDER);
  // As after a crash: RocketMQ, too, then rebuilds the queues from the whole log.
  makeFile(root, ABORT_FILE, marker);
  // Before the log: half of one then ends before its mark, even if the marker is removed.
  made.push(OWN_FOLDER, META_FILE);
  await writeMeta(restore);
  root.syncFolder(".");
  await copySegments(restore);
  await restoreBeside(restore);
  root.syncFolder(".");
  root.remove(UNFINISHED_RESTORE);
  root.syncFolder(LOG_FOLDER);
}

/** Removes what there is of a store that was not completed. */
function removeAll(root: StoreDirectory, made: readonly string[]): void {
  for (const path of [...made].reverse()) {
    try {
      if (failed(root.removeFolder(path))) root.remove(path);
    } catch (error) {
      // Why the store was not completed says more than what could not be removed.
      if (!StoreError.is(error, "SYSTEM")) throw error;
    }
  }
}

async function copySegments({ root, descriptor, head, made, options }: Restore): Promise<void> {
  const { libc } = root;
  const { from, to, geometry: { segmentByteLength } } = head.manifest;
  const shift = head.byteLength - from;
  for (let base = from; base < to; base += segmentByteLength) {
    const path = segmentPath(base);
    made.push(path);
    const target = root.openFile(path, { write: true, create: "new" })!.descriptor;
    try {
      allocate(libc, target, path, segmentByteLength);
      const end = Math.min(base + segmentByteLength, to);
      const transferred = await transferRange(libc, {
        source: descriptor,
        from: base + shift,
        to: end + shift,
        target,
        targetPosition: 0,
        onPosition: (at) => {
          const doneByteLength = to - from + at - head.byteLength;
          options.onProgress?.({ doneByteLength, totalByteLength: 2 * (to - from) });
          options.signal?.throwIfAborted();
        },
      });
      const position = base + check(transferred, "write", path);
      if (position < end) throw damagedBackup("it became shorter meanwhile", path, position);
      check(await libc.fsyncAsync(target), "sync", path);
    } finally {
      libc.close(target);
    }
  }
}

function allocate(libc: Libc, target: Descriptor, path: string, byteLength: number): void {
  refuseLongFile(libc, byteLength, `restore ${quotePath(path)}`);
  const allocated = libc.fallocate(target, 0, 0, byteLength);
  if (failed(allocated)) throw writeFailure(allocated, { action: "allocate", path, byteLength });
}

/**
 * Our own knowledge: all of the log is flushed, nothing is derived from it yet. Also of a log that
 * only RocketMQ wrote: the files that told how long they are to be are not in the backup.
 */
async function writeMeta({ root, head: { manifest }, storeId }: Restore): Promise<void> {
  const { from, to, geometry, ranges, files } = manifest;
  const isCarried = (path: string) => files.some((file) => file.path.startsWith(path));
  root.ensureFolder(OWN_FOLDER);
  const meta = MetaFile.open(root, readMeta(root));
  const written = await meta.write({
    storeId,
    epoch: 0,
    bootId: UNKNOWN_BOOT_ID,
    mountId: UNKNOWN_MOUNT_ID,
    mark: to,
    geometry,
    state: "open",
    dispatched: from,
    ranges,
    hasOffsets: isCarried(GROUP_OFFSETS_FILE),
    hasLmqOffsets: isCarried(LMQ_GROUP_OFFSETS_FILE),
  });
  await meta.close();
  check(written, "write", META_FILE);
}
