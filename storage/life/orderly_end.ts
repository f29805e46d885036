/**
 * The end of a log that was closed in order and that no program has touched since: nothing of it
 * has to be walked again but its last record.
 *
 * Every record below the mark is on the disk then, queues and index hold them all, and the snapshot
 * says which batches are hidden. What a walk would find beside that is damage, and each record is
 * checked when it is read.
 *
 * @module
 */
import type { SnapshotRecord } from "../derived/mod.ts";
import { LogWalker, SegmentReader } from "../log/mod.ts";
import { hasOlderFront, mayBeBrokers } from "./log_front.ts";
import { OwnRecords } from "./own_records.ts";
import type { StoreFiles } from "./store_files.ts";

/** Enough for a short record. */
const WINDOW_BYTE_LENGTH = 16 * 1024;

/**
 * The last record of such a log, found whole where the snapshot says that it is; `undefined` where
 * the end must be walked: after a crash, after a broker, or without a snapshot that tells of it.
 */
export function orderlyEnd(files: StoreFiles): SnapshotRecord | undefined {
  const { meta, abort, snapshot } = files;
  if (snapshot?.last === undefined || meta?.state !== "closed" || abort !== undefined) {
    return undefined;
  }
  if (snapshot.position !== meta.mark || hasOlderFront(files) || mayBeBrokers(files)) {
    return undefined;
  }
  return endsWith(files, snapshot.last, meta.mark) ? snapshot.last : undefined;
}

/**
 * Reads a log near its end: little more than what is asked for, and nothing ahead of it, so that
 * pages which were never written stay out of memory.
 */
export function nearEnd({ segments }: StoreFiles): SegmentReader {
  const all = segments.all.map((segment) => {
    const { path, base, end } = segment;
    const read = (offset: number, target: Uint8Array) => segment.readAlone(offset, target);
    return { path, base, end, read };
  });
  return new SegmentReader({ all }, { windowByteLength: WINDOW_BYTE_LENGTH });
}

/** Whether a whole record is there, as long as it must be, and not in the middle of a batch. */
function endsWith(files: StoreFiles, { position }: SnapshotRecord, end: number): boolean {
  const walker = new LogWalker(nearEnd(files), new OwnRecords(files.last).requiresCrc);
  const record = walker.step(position);
  if (record.kind !== "message" || position + record.byteLength !== end) return false;
  const place = record.atomicBatch();
  return place === undefined || place.index + 1 === place.count;
}
