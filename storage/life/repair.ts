/**
 * What recovery changes in the log: it cuts the tail off, and makes durable again what it is about
 * to show.
 *
 * @module
 */
import { check, type Descriptor, failed } from "../../ffi/mod.ts";
import { StoreError } from "../errors.ts";
import { assert } from "../assert.ts";
import { readFully, type StoreDirectory, writeFully, writeZeros } from "../directory/mod.ts";
import type { EnvironmentTimers } from "../environment.ts";
import type { SegmentFile, SegmentList } from "../log/mod.ts";
import { LOG_FOLDER, OWN_FOLDER } from "../layout/mod.ts";
import { tryAgain } from "./try_again.ts";

const STEP_BYTE_LENGTH = 1024 * 1024;
const LEASE_WAIT_MS = 50;
const LEASE_WAIT_MAX_MS = 60_000;

/**
 * Opens a segment for writing and makes sure that all of its blocks are allocated: RocketMQ's are
 * sparse, and a full disk must be an error here, not a signal later. Where a reader holds a lease
 * on it, waits until that is given back.
 */
export async function openForWriting(
  { directory, path, byteLength }: SegmentFile,
  timers: EnvironmentTimers,
): Promise<Descriptor> {
  const { libc } = directory;
  // The first attempt starts the break of a lease; the kernel ends it after 45 s at the latest.
  const file = await tryAgain({ libc, timers }, () => directory.openFile(path, { write: true })!, {
    stepMs: LEASE_WAIT_MS,
    limitMs: LEASE_WAIT_MAX_MS,
    isPassing: (error) => StoreError.is(error, "SYSTEM") && error.errno === "EAGAIN",
  });
  const allocated = libc.fallocate(file.descriptor, 0, 0, byteLength);
  if (failed(allocated) && allocated.code !== "EOPNOTSUPP") {
    libc.close(file.descriptor);
    check(allocated, "allocate", path);
  }
  return file.descriptor;
}

/**
 * Zeroes a segment durably from byte `from` on, so that no stale record behind a shorter one can
 * come back.
 */
export function zeroTail(segment: SegmentFile, descriptor: Descriptor, from: number): void {
  const { path, byteLength } = segment;
  assert(from < byteLength, "A log that ends with a full segment has no tail");
  const { libc } = segment.directory;
  const { FALLOC_FL_ZERO_RANGE } = libc.constants;
  const zeroed = libc.fallocate(descriptor, FALLOC_FL_ZERO_RANGE, from, byteLength - from);
  if (failed(zeroed)) {
    const written = writeZeros(libc, descriptor, { from, to: byteLength });
    check(written, "zero the tail of", path);
  }
  check(libc.fsync(descriptor), "sync", path);
}

/**
 * Writes a range over itself and syncs it. A failed sync of the last writer may have left pages
 * that look clean in the page cache and never reached the disk: only a page that is dirty again is
 * written by a sync.
 */
export async function redirty(
  segments: SegmentList,
  timers: EnvironmentTimers,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  for (const segment of segments.all) {
    if (from >= to || segment.end <= from || segment.base >= to) continue;
    const { libc } = segment.directory;
    const descriptor = await openForWriting(segment, timers);
    try {
      const end = Math.min(to, segment.end) - segment.base;
      const start = Math.max(from - segment.base, 0);
      const buffer = new Uint8Array(Math.min(STEP_BYTE_LENGTH, Math.max(end - start, 0)));
      for (let at = start; at < end; at += buffer.length) {
        const part = buffer.subarray(0, Math.min(buffer.length, end - at));
        check(readFully(libc, descriptor, part, at), "read", segment.path);
        check(writeFully(libc, descriptor, part, at), "write", segment.path);
      }
      check(libc.fsync(descriptor), "sync", segment.path);
    } finally {
      libc.close(descriptor);
    }
  }
}

/**
 * Makes the names of the segments durable: our last writer may have died before it did so, and a
 * broker never does.
 */
export function syncNames(directory: StoreDirectory): void {
  directory.syncFolder(LOG_FOLDER);
  for (const home of [directory, ...directory.logHomes]) home.syncFolder(OWN_FOLDER);
}

/**
 * Removes the segments behind the end of the log: prepared ones of RocketMQ, all zeros, or what a
 * power cut left. A log without records keeps its first segment, unless that starts at 0: only its
 * name tells where the log goes on.
 */
export function removeSegmentsBehind(
  directory: StoreDirectory,
  segments: SegmentList,
  end: number,
): void {
  const { start } = segments;
  const isBehind = ({ base }: SegmentFile) => base >= end && (base > start || base === 0);
  const behind = segments.all.filter(isBehind);
  if (behind.length === 0) return;
  segments.drop(isBehind);
  // The last one first, so that a crash in between leaves no gap.
  for (const segment of behind.reverse()) directory.remove(segment.path);
  directory.syncFolder(LOG_FOLDER);
}
