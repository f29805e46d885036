/**
 * Reading a backup: its head, its small files, and every record in it.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { check, type Descriptor, type Libc, quotePath } from "../../ffi/mod.ts";
import { decodeNextOffsets } from "../derived/mod.ts";
import { readFully } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { damagedBackup } from "../errors.ts";
import { isInRanges, NEXT_OFFSETS_FILE } from "../layout/mod.ts";
import {
  bytesOfDescriptor,
  LogWalker,
  SegmentReader,
  segmentsOfFile,
  walkLog,
} from "../log/mod.ts";
import type { BackupOptions } from "../types.ts";
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
 * @param libc The operating system.
 * @param descriptor The open backup.
 * @param byteLength Its length, bytes.
 * @param path Its path, for messages.
 * @returns The head.
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If it is no backup, or one of a newer release.
 * @throws {StoreError<"CORRUPTED">} If the head is damaged or the length is not what it says.
 */
export function readBackupHead(
  libc: Libc,
  descriptor: Descriptor,
  byteLength: number,
  path: string,
): BackupHead {
  const bytes = new Uint8Array(Math.min(byteLength, BACKUP_HEAD_BYTE_LENGTH_MAX));
  check(readFully(libc, descriptor, bytes, 0), "read", path);
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
 * @param libc The operating system.
 * @param descriptor The open backup.
 * @param head Its head.
 * @param path Its path, for messages.
 * @returns The files.
 * @throws {StoreError<"CORRUPTED">} If one is damaged.
 */
export function readCarriedFiles(
  libc: Libc,
  descriptor: Descriptor,
  head: BackupHead,
  path: string,
): SmallFile[] {
  let at = head.filesAt;
  return head.manifest.files.map((file) => {
    const bytes = new Uint8Array(file.byteLength);
    check(readFully(libc, descriptor, bytes, at), "read", path);
    at += bytes.length;
    const isWhole = crc32(bytes) === file.crc &&
      (file.path !== NEXT_OFFSETS_FILE || decodeNextOffsets(bytes) !== undefined);
    if (!isWhole) throw damagedBackup(`its copy of ${file.path} is damaged`, path);
    return { path: file.path, bytes };
  });
}

/**
 * Reads what a backup says that it holds.
 *
 * @param environment The world.
 * @param path Path of the backup.
 * @returns What its head says.
 * @throws {StoreError<"NOT_FOUND">} If there is no such file.
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If it is no backup, or one of a newer release.
 * @throws {StoreError<"CORRUPTED">} If the head is damaged or the length is not what it says.
 */
export function readBackupManifest({ libc }: Environment, path: string): BackupManifest {
  const source = openOuterFile(libc, path, `read backup ${quotePath(path)}`);
  try {
    return readBackupHead(libc, source.descriptor, source.byteLength, path).manifest;
  } finally {
    libc.close(source.descriptor);
  }
}

/**
 * Checks every record of a backup.
 *
 * @param descriptor The open backup.
 * @param path Its path, for messages.
 * @param options A signal, and progress in which each byte counts half.
 * @throws {StoreError<"CORRUPTED">} At the first record that is not whole.
 */
export async function checkBackupRecords(
  { libc, timers }: Environment,
  descriptor: Descriptor,
  head: BackupHead,
  path: string,
  { signal, onProgress }: BackupOptions,
): Promise<void> {
  const { from, to, ranges, geometry: { segmentByteLength } } = head.manifest;
  const file = bytesOfDescriptor(libc, descriptor, head.byteLength + to - from, path);
  const place = { path, from, to, segmentByteLength, offset: head.byteLength };
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
