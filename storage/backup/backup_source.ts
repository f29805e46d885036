/**
 * Reading a backup: its head, its small files, and every record in it.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { quotePath } from "../../ffi/mod.ts";
import { decodeNextOffsets } from "../derived/mod.ts";
import type { Environment, EnvironmentTimers } from "../environment.ts";
import { damagedBackup } from "../errors.ts";
import { isInRanges, NEXT_OFFSETS_FILE } from "../layout/mod.ts";
import { type FileBytes, LogWalker, SegmentReader, segmentsOfFile, walkLog } from "../log/mod.ts";
import type { WorkOptions } from "../types.ts";
import {
  BACKUP_HEAD_BYTE_LENGTH_MAX,
  type BackupHead,
  type BackupManifest,
  decodeBackupHead,
} from "./backup_header.ts";
import type { SmallFile } from "./carried_files.ts";
import { openOuterFile } from "./outer_file.ts";

/**
 * Reads the head of a backup.
 *
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If it is not a backup, or one of a newer release.
 * @throws {StoreError<"CORRUPTED">} If the head is damaged or the length is not what it says.
 */
export function readBackupHead(file: FileBytes): BackupHead {
  const { path, byteLength } = file;
  const bytes = new Uint8Array(Math.min(byteLength, BACKUP_HEAD_BYTE_LENGTH_MAX));
  file.read(0, bytes);
  const head = decodeBackupHead(bytes, path);
  if (head === undefined) throw damagedBackup("its head is damaged", path);
  const { from, to } = head.manifest;
  if (byteLength !== head.byteLength + to - from) {
    throw damagedBackup(
      `it has ${byteLength} bytes instead of ${head.byteLength + to - from}`,
      path,
    );
  }
  return head;
}

/**
 * Reads the small files of a backup.
 *
 * @throws {StoreError<"CORRUPTED">} If one is damaged.
 */
export function readCarriedFiles(file: FileBytes, head: BackupHead): SmallFile[] {
  let at = head.filesAt;
  return head.manifest.files.map(({ path, byteLength, crc }) => {
    const bytes = new Uint8Array(byteLength);
    file.read(at, bytes);
    at += bytes.length;
    const isWhole = crc32(bytes) === crc &&
      (path !== NEXT_OFFSETS_FILE || decodeNextOffsets(bytes) !== undefined);
    if (!isWhole) throw damagedBackup(`its copy of ${path} is damaged`, file.path);
    return { path, bytes };
  });
}

/**
 * Reads what a backup says that it holds; throws what {@linkcode readBackupHead} throws.
 *
 * @throws {StoreError<"NOT_FOUND">} If there is no such file.
 */
export function readBackupManifest({ libc }: Environment, path: string): BackupManifest {
  const source = openOuterFile(libc, path, `read backup ${quotePath(path)}`);
  try {
    return readBackupHead(source).manifest;
  } finally {
    source.close();
  }
}

/**
 * Checks every record of a backup; each byte counts half in its progress.
 *
 * @throws {StoreError<"CORRUPTED">} At the first record that is not whole.
 */
export async function checkBackupRecords(
  timers: EnvironmentTimers,
  file: FileBytes,
  head: BackupHead,
  { signal, onProgress }: WorkOptions,
): Promise<void> {
  const { from, to, ranges, geometry: { segmentByteLength } } = head.manifest;
  const { path } = file;
  const place = { from, to, segmentByteLength, offset: head.byteLength };
  const reader = new SegmentReader(segmentsOfFile(file, place), { to });
  const walker = new LogWalker(reader, (position) => isInRanges(ranges, position));
  const { position, found } = await walkLog(walker, {
    from,
    to,
    onRecord: () => {},
    timers,
    signal,
    onProgress: (position) =>
      onProgress?.({ doneByteLength: position - from, totalByteLength: 2 * (to - from) }),
  });
  if (found.kind !== "limit") {
    throw damagedBackup("it holds no whole record", path, position);
  }
  if (position !== to) throw damagedBackup("its last record is not whole", path, to);
}
