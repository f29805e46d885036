/**
 * Copying a log into one file, while it is written.
 *
 * A log only grows at its end, so what is below the flushed position stands still: no lock is
 * needed. The bytes go from file to file inside the kernel.
 *
 * @module
 */
import {
  check,
  type Descriptor,
  failed,
  type Libc,
  quotePath,
  systemError,
  transferRange,
} from "../../ffi/mod.ts";
import { refuseLongFile, type StoreDirectory, writeFully } from "../directory/mod.ts";
import { damagedLog, diskFull, segmentDeleted, StoreError } from "../errors.ts";
import { closeRanges, type LogRange, segmentPath } from "../layout/mod.ts";
import type { BackupResult, Geometry, WorkOptions } from "../types.ts";
import { describeFile, encodeBackupHead } from "./backup_header.ts";
import type { Beside } from "./carried_files.ts";
import { NewFile } from "./outer_file.ts";

const PIECE_BYTE_LENGTH = 16 * 1024 * 1024;

/** What of a log is copied, and what is said about it. */
export interface BackupRange {
  /** The start of a segment. */
  readonly from: number;
  /** After the last flushed record. */
  readonly flushedTo: number;
  readonly geometry: Geometry;
  /** `undefined` for a log that only RocketMQ wrote. */
  readonly storeId: string | undefined;
  /** Where every record carries its checksum. */
  readonly ranges: readonly LogRange[];
  readonly beside?: Beside;
}

/**
 * Copies the flushed part of a log into one new file; gives how many bytes of the log.
 *
 * @param targetPath Of a file that does not exist. It has its name only when it is whole and
 * durable.
 * @throws {StoreError<"NOT_FOUND">} If a segment was deleted meanwhile.
 * @throws {StoreError<"CORRUPTED">} If a segment is shorter than it should be.
 * @throws {StoreError<"DISK_FULL">} If there is no room for the file.
 * @throws {StoreError<"LIMIT_TOO_LOW">} If the process may not make so long a file.
 * @throws {StoreError<"PERMISSION_DENIED">} If the runtime's permissions forbid to write there.
 */
export async function backupLog(
  directory: StoreDirectory,
  range: BackupRange,
  targetPath: string,
  options: WorkOptions = {},
): Promise<BackupResult> {
  const { libc } = directory;
  const target = new NewFile(libc, targetPath);
  try {
    const head = await writeHead(libc, target, range);
    const byteLength = head + range.flushedTo - range.from;
    refuseLongFile(libc, byteLength, `back up store to ${quotePath(targetPath)}`);
    await copySegments(directory, range, target, head, options);
  } catch (error) {
    target.abandon();
    throw fullDisk(error, target.path, range);
  }
  await target.finish();
  return { byteLength: range.flushedTo - range.from, endPosition: range.flushedTo };
}

function fullDisk(error: unknown, path: string, range: BackupRange): unknown {
  const isFull = StoreError.is(error, "SYSTEM") && error.errno === "ENOSPC";
  return isFull ? diskFull(path, range.flushedTo - range.from, { cause: error }) : error;
}

/**
 * The head and the small files go the same way as the log: only a transfer moves the target's own
 * position.
 */
async function writeHead(libc: Libc, target: NewFile, range: BackupRange): Promise<number> {
  const head = headBytes(range);
  const scratch = target.scratch();
  try {
    check(writeFully(libc, scratch, head, 0), "write head of", target.path);
    const transfer = { source: scratch, from: 0, to: head.length };
    const copied = await transferRange(libc, {
      ...transfer,
      target: target.descriptor,
      targetPosition: 0,
    });
    check(copied, "write head of", target.path);
  } finally {
    libc.close(scratch);
  }
  return head.length;
}

function headBytes(range: BackupRange): Uint8Array {
  const { from, flushedTo: to, geometry, storeId } = range;
  const { files, leftOut } = range.beside ?? { files: [], leftOut: [] };
  const ranges = closeRanges(range.ranges, to).filter((one) => one.to > from);
  const described = files.map(describeFile);
  const manifest = { from, to, geometry, storeId, ranges, files: described, leftOut };
  const head = encodeBackupHead(manifest);
  const byteLength = files.reduce((sum, { bytes }) => sum + bytes.length, head.length);
  const all = new Uint8Array(byteLength);
  let at = 0;
  for (const bytes of [head, ...files.map((file) => file.bytes)]) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}

async function copySegments(
  directory: StoreDirectory,
  range: BackupRange,
  target: NewFile,
  headByteLength: number,
  options: WorkOptions,
): Promise<void> {
  const { from, flushedTo, geometry: { segmentByteLength } } = range;
  for (let base = from; base < flushedTo; base += segmentByteLength) {
    const path = segmentPath(base);
    const file = directory.openFile(path);
    if (file === undefined) {
      throw segmentDeleted("back up", path);
    }
    try {
      const to = Math.min(base + segmentByteLength, flushedTo);
      const place = { source: file.descriptor, base, to, shift: headByteLength - from };
      await copySegment(directory.libc, target, place, path, (position) => {
        const doneByteLength = position - from;
        options.onProgress?.({ doneByteLength, totalByteLength: flushedTo - from });
        options.signal?.throwIfAborted();
      });
    } finally {
      directory.libc.close(file.descriptor);
    }
  }
}

async function copySegment(
  libc: Libc,
  target: NewFile,
  place: { source: Descriptor; base: number; to: number; shift: number },
  path: string,
  onPosition: (position: number) => void,
): Promise<void> {
  const { source, base, to, shift } = place;
  let position = base;
  while (position < to) {
    onPosition(position);
    const end = Math.min(position + PIECE_BYTE_LENGTH, to);
    const copied = await transferRange(libc, {
      source,
      from: position - base,
      to: end - base,
      target: target.descriptor,
      targetPosition: position + shift,
    });
    if (failed(copied)) throw systemError(copied, "write backup", target.path);
    if (copied < end - position) {
      const detail = "the segment is shorter than the log";
      throw damagedLog("wrong-length", "back up log", detail, { path, position });
    }
    position = end;
  }
  onPosition(position);
}
