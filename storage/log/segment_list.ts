/**
 * The segments of a log, in order: RocketMQ's `MappedFileQueue`.
 *
 * Their names are the positions of their first bytes, they have one length and no gap between them.
 * Anything else in the folder is an error: a Java store would refuse to load, and joining over a
 * gap would invent a log.
 *
 * @module
 */
import { failed, isSameFile, type Mapping, quotePath } from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import type { EnvironmentClock } from "../environment.ts";
import { damagedLog, foreignFile, type StoreError } from "../errors.ts";
import type { ActiveSegment } from "./active_segment.ts";
import type { LeaseKeeper } from "./lease_keeper.ts";
import { listLogFolder } from "./directory_log.ts";
import { SegmentFile } from "./segment_file.ts";
import { LOG_FOLDER, UNFINISHED_RESTORE } from "../layout/mod.ts";

/** Segments kept open; far below the kernel's limit of mappings per process. */
const OPEN_SEGMENTS_MAX = 128;

/** Tick of a file system's clock, ms: two changes within it may have the same time. */
const TICK_MS = 20;

/** How reads are made. */
export interface ReadMode {
  /** Whether segments are mapped; without it all reads are made by `pread`. */
  readonly isMapped: boolean;
  /** Takes leases on mapped sealed segments, if wanted. */
  readonly leases: LeaseKeeper | undefined;
  /** Tells whether a time of the folder is old enough to rely on. */
  readonly clock: EnvironmentClock;
}

/** The segments of a log. */
export class SegmentList {
  readonly #directory: StoreDirectory;
  readonly #mode: ReadMode;
  readonly #open = new Set<SegmentFile>();
  #segments: SegmentFile[] = [];
  #segmentByteLength: number;
  /** When the folder had changed at the last look; `undefined` if too recent to rely on. */
  #folderMs: number | undefined;

  /** Makes an empty list; the files found override `segmentByteLength`. */
  constructor(directory: StoreDirectory, segmentByteLength: number, mode: ReadMode) {
    this.#directory = directory;
    this.#segmentByteLength = segmentByteLength;
    this.#mode = mode;
  }

  get segmentByteLength(): number {
    return this.#segmentByteLength;
  }

  /** What protects reads from a file being cut; see {@linkcode StoreInfo.guard}. */
  get guard(): "lease" | "sigbus" | "mapping" | "pread" {
    if (!this.#mode.isMapped) return "pread";
    if ((this.#mode.leases?.leasedCount ?? 0) > 0) return "lease";
    return this.#directory.libc.guard?.stands() ? "sigbus" : "mapping";
  }

  get all(): readonly SegmentFile[] {
    return this.#segments;
  }

  /** Position of the first byte; 0 for an empty list. */
  get start(): number {
    return this.#segments[0]?.base ?? 0;
  }

  /** Position after the last byte; {@linkcode start} for an empty list. */
  get end(): number {
    return this.#segments.at(-1)?.end ?? 0;
  }

  /**
   * Reads the folder again. Segments that are still there, and are the same files, stay open.
   *
   * @throws {StoreError<"CORRUPTED">} If a name, a length or the spacing is wrong.
   */
  refresh(): void {
    const found = listSegments(this.#directory);
    const first = found.find(({ byteLength }) => byteLength > 0);
    const segmentByteLength = first?.byteLength ?? this.#segmentByteLength;
    // A last file of length 0 was being made when its writer died; RocketMQ deletes it.
    if (found.at(-1)?.byteLength === 0) found.pop();
    refuseOddSegments(found, segmentByteLength);
    this.#segmentByteLength = segmentByteLength;
    const known = new Map(this.#segments.map((segment) => [segment.base, segment]));
    this.#segments = found.map((segment) => {
      const kept = known.get(segment.base);
      // A writer removes a segment in which the last one left no record, and makes it anew.
      if (kept?.identity === undefined || !isSameFile(kept.identity, segment.identity!)) {
        return segment;
      }
      known.delete(segment.base);
      return kept;
    });
    for (const gone of known.values()) this.#close(gone);
    this.#keepSealed();
  }

  /**
   * Adds the next segment and opens it, so that it stays readable if its name is taken away.
   *
   * @throws {StoreError<"SYSTEM">} If it cannot be opened; it is in the list all the same.
   */
  add(base: number): void {
    const segment = new SegmentFile(this.#directory, base, this.#segmentByteLength);
    this.#segments.push(segment);
    this.#keepOpen(segment);
    this.#keepSealed();
    segment.descriptor();
  }

  /** Takes segments out of the list and closes them; their files stay. */
  drop(unwanted: (segment: SegmentFile) => boolean): void {
    for (const segment of this.#segments.filter(unwanted)) this.#close(segment);
    this.#segments = this.#segments.filter((segment) => !unwanted(segment));
  }

  at(position: number): SegmentFile | undefined {
    const index = Math.floor((position - this.start) / this.#segmentByteLength);
    return this.#segments[index];
  }

  /** Copies bytes of one segment to `target` at `at`; false if the list does not have them. */
  copy(position: number, byteLength: number, target: Uint8Array, at: number): boolean {
    const segment = this.#holding(position, byteLength);
    if (segment === undefined) return false;
    const mapping = this.#mapping(segment);
    if (mapping !== undefined) {
      mapping.copyOut(position - segment.base, byteLength, target, at);
      if (!segment.hasLostPages) return true;
      this.#surrender(segment);
    }
    segment.read(position - segment.base, target.subarray(at, at + byteLength));
    return true;
  }

  /** Copies bytes of one segment to a buffer of their own, quicker than into one that is there. */
  slice(position: number, byteLength: number): Uint8Array<ArrayBuffer> | undefined {
    const segment = this.#holding(position, byteLength);
    if (segment === undefined) return undefined;
    const mapped = this.#mapping(segment)?.slice(position - segment.base, byteLength);
    if (mapped !== undefined && !segment.hasLostPages) return mapped;
    if (mapped !== undefined) this.#surrender(segment);
    const bytes = new Uint8Array(byteLength);
    segment.read(position - segment.base, bytes);
    return bytes;
  }

  /**
   * Lends bytes of one segment, without copying where the guard allows; false if the list does not
   * have them. The view has length 0 afterwards.
   */
  borrow(position: number, byteLength: number, callback: (view: Uint8Array) => void): boolean {
    const segment = this.#holding(position, byteLength);
    if (segment === undefined) return false;
    // Under a guard the pages of a lent view may turn into zeros.
    const isGuarded = this.#directory.libc.guard !== undefined;
    const mapping = isGuarded ? undefined : this.#mapping(segment);
    if (mapping !== undefined) {
      mapping.borrow(position - segment.base, byteLength, callback);
      return true;
    }
    const copy = this.slice(position, byteLength)!;
    callback(copy);
    copy.buffer.transfer(0);
    return true;
  }

  /**
   * How a segment or its folder was lost: moved, replaced or cut. All segments are checked only if
   * the folder has changed since the last look; a changed length alone shows at the next read.
   */
  loss(active: ActiveSegment): StoreError<"DURABILITY_LOST"> | undefined {
    const loss = active.loss();
    if (loss !== undefined) return loss;
    const folder = this.#directory.seenFolder(LOG_FOLDER);
    const folderMs = failed(folder) ? undefined : folder.modifiedMs;
    if (folderMs !== undefined && folderMs === this.#folderMs) return undefined;
    for (const segment of this.#segments) {
      const loss = segment.loss();
      if (loss !== undefined) return loss;
    }
    const isSettled = folderMs !== undefined && this.#mode.clock.now() - folderMs > TICK_MS;
    this.#folderMs = isSettled ? folderMs : undefined;
    return undefined;
  }

  /** The error for a record at `position` that is not what it was. */
  damagedRecord(action: string, detail: string, position: number): StoreError<"CORRUPTED"> {
    const path = this.at(position)?.path ?? LOG_FOLDER;
    return damagedLog("damaged-record", action, detail, { path, position });
  }

  /** Closes all. The list can be used again. */
  close(): void {
    for (const segment of this.#segments) this.#close(segment);
  }

  /** The segment that has all of these bytes, kept open. */
  #holding(position: number, byteLength: number): SegmentFile | undefined {
    const segment = this.at(position);
    if (segment === undefined || position + byteLength > segment.end) return undefined;
    this.#keepOpen(segment);
    return segment;
  }

  #mapping(segment: SegmentFile): Mapping | undefined {
    if (!this.#mode.isMapped) return undefined;
    this.#mode.leases?.lookIfOverdue();
    const isFirst = !segment.isMapped && !segment.isSurrendered;
    if (isFirst && segment !== this.#segments.at(-1)) this.#mode.leases?.keep(segment);
    return segment.mapping();
  }

  /** The guard caught the signal: from here on the segment is read by `pread`. */
  #surrender(segment: SegmentFile): void {
    this.#mode.leases?.forget(segment);
    segment.surrender();
    this.#directory.trust.note(
      `Segment ${quotePath(segment.path)} was cut by another program while it was mapped: ` +
        "it is read without mapping; see streambed verify",
    );
  }

  /** Takes leases on segments that were active when they were mapped. */
  #keepSealed(): void {
    const { leases } = this.#mode;
    const last = this.#segments.at(-1);
    for (const segment of this.#open) {
      if (segment.isMapped && segment !== last) leases?.keep(segment);
    }
  }

  #keepOpen(segment: SegmentFile): void {
    if (this.#open.has(segment)) return;
    this.#open.add(segment);
    if (this.#open.size <= OPEN_SEGMENTS_MAX) return;
    const [oldest] = this.#open;
    this.#close(oldest);
  }

  #close(segment: SegmentFile): void {
    this.#open.delete(segment);
    this.#mode.leases?.forget(segment);
    segment.close();
  }
}

/** The segments as the folder shows them, not open. */
function listSegments(directory: StoreDirectory): SegmentFile[] {
  const found: SegmentFile[] = [];
  for (const { path, base, kind } of listLogFolder(directory)) {
    if (base === undefined) {
      if (kind !== "directory") passOver(directory, path);
      continue;
    }
    const file = directory.openFile(path);
    if (file === undefined) continue;
    const closed = directory.libc.close(file.descriptor);
    const { status } = file;
    if (!failed(closed)) found.push(new SegmentFile(directory, base, status.byteLength, status));
  }
  return found;
}

/**
 * Handles a file that is not a segment. RocketMQ loads no log that holds one, so a writer is
 * refused; a reader, which may run beside a live writer, reads on.
 */
function passOver(directory: StoreDirectory, path: string): void {
  if (path === UNFINISHED_RESTORE) {
    const remedy = "delete the directory and restore again; moving this file away loses messages";
    const detail = "a restore into it was interrupted";
    throw foreignFile("open store", detail, { path, remedy });
  }
  const { writing, note } = directory.trust;
  if (writing) {
    throw foreignFile("open log", "this file is not a segment", { path, remedy: "move it away" });
  }
  note(
    `File ${quotePath(path)} is not a segment: it is passed over, but no writer opens the log ` +
      "before it is moved away",
  );
}

function refuseOddSegments(found: readonly SegmentFile[], segmentByteLength: number): void {
  found.forEach(({ base, byteLength, path }, index) => {
    if (byteLength !== segmentByteLength || base % segmentByteLength !== 0) {
      const detail =
        `the segment has ${byteLength} bytes where the others have ${segmentByteLength}`;
      throw damagedLog("wrong-length", "open log", detail, { path, position: base });
    }
    const before = found[index - 1];
    if (before === undefined || before.end === base) return;
    if (before.base === base) {
      const detail = "two directories of the log hold this segment";
      const remedy = "move one of them away";
      throw foreignFile("open log", detail, { path, position: base, remedy });
    }
    const detail = `the segments from ${before.end} to ${base} are missing`;
    throw damagedLog("missing-segment", "open log", detail, { path, position: before.end });
  });
}
