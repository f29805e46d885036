/**
 * Copying a log into one file, while it is written.
 *
 * A log only grows at its end, so what is below the flushed position stands still: no lock is
 * needed. The bytes go from file to file inside the kernel.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { check, type Libc, quotePath, transferRange } from "../../ffi/mod.ts";
import { refuseLongFile, type StoreDirectory, writeFully } from "../directory/mod.ts";
import { damagedLog, diskFull, segmentDeleted, StoreError } from "../errors.ts";
import { closeRanges, segmentPath } from "../layout/mod.ts";
import type { BackupResult, WorkOptions } from "../types.ts";
import { type BackupManifest, encodeBackupHead } from "./backup_header.ts";
import type { Beside } from "./carried_files.ts";
import { NewFile } from "./outer_file.ts";

/** What of a log is copied, and what is said about it; the last range may be open. */
export interface BackupRange
  extends Pick<BackupManifest, "from" | "geometry" | "storeId" | "ranges"> {
  /** After the last flushed record. */
  readonly flushedTo: number;
  readonly beside?: Beside;
  /** Numbers of the geometry that nothing told. */
  readonly assumed?: BackupManifest["assumed"];
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
    await target.finish();
  } catch (error) {
    target.abandon();
    throw fullDisk(error, target.path, range);
  } finally {
    target.close();
  }
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
  const { from, flushedTo: to, geometry, assumed = [], storeId } = range;
  const { files, leftOut } = range.beside ?? { files: [], leftOut: [] };
  const ranges = closeRanges(range.ranges, to).filter((one) => one.to > from);
  const carried = files.map(({ path, bytes }) => {
    return { path, byteLength: bytes.length, crc: crc32(bytes) };
  });
  const known = { from, to, geometry, assumed, storeId, ranges };
  const head = encodeBackupHead({ ...known, files: carried, leftOut });
  const scratch = target.scratch();
  try {
    let byteLength = 0;
    for (const bytes of [head, ...files.map((file) => file.bytes)]) {
      check(writeFully(libc, scratch, bytes, byteLength), "write head of", target.path);
      byteLength += bytes.length;
    }
    const place = { target: target.descriptor, targetPosition: 0 };
    const copied = await transferRange(libc, {
      source: scratch,
      from: 0,
      to: byteLength,
      ...place,
    });
    return check(copied, "write head of", target.path);
  } finally {
    libc.close(scratch);
  }
}

async function copySegments(
  directory: StoreDirectory,
  range: BackupRange,
  target: NewFile,
  headByteLength: number,
  options: WorkOptions,
): Promise<void> {
  const { libc } = directory;
  const { from, flushedTo, geometry: { segmentByteLength } } = range;
  for (let base = from; base < flushedTo; base += segmentByteLength) {
    const path = segmentPath(base);
    const file = directory.openFile(path);
    if (file === undefined) throw segmentDeleted("back up", path);
    try {
      const byteLength = Math.min(segmentByteLength, flushedTo - base);
      const transferred = await transferRange(libc, {
        source: file.descriptor,
        from: 0,
        to: byteLength,
        target: target.descriptor,
        targetPosition: headByteLength + base - from,
        onPosition: (at) => {
          const doneByteLength = base + at - from;
          options.onProgress?.({ doneByteLength, totalByteLength: flushedTo - from });
          options.signal?.throwIfAborted();
        },
      });
      const count = check(transferred, "write backup", target.path);
      if (count < byteLength) {
        const detail = "the segment is shorter than the log";
        const position = base + count;
        throw damagedLog("wrong-length", "back up log", detail, { path, position });
      }
    } finally {
      libc.close(file.descriptor);
    }
  }
}
