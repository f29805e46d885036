/**
 * The segments of a log, in order: RocketMQ's `MappedFileQueue`.
 *
 * Their names are the positions of their first bytes, they have one length and no gap between them. Anything else in
 * the folder is an error: a Java store would refuse to load, and joining over a gap would invent a log.
 *
 * @module
 */
import { failed, type FileStatus, type Mapping, quotePath } from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import type { EnvironmentClock } from "../environment.ts";
import { damagedLog, foreignFile, type StoreError } from "../errors.ts";
import type { ActiveSegment } from "./active_segment.ts";
import type { LeaseKeeper } from "./lease_keeper.ts";
import { listLogFolder } from "./log_folder.ts";
import { SegmentFile } from "./segment_file.ts";
import { LOG_FOLDER, segmentPath, UNFINISHED_RESTORE } from "../layout/mod.ts";

/** Mappings and descriptors kept open for reading; far below the kernel's limit of mappings a process. */
const OPEN_SEGMENTS_MAX = 128;

/** File systems take their times from a clock that may stand still so long: two changes may have one time. */
const TICK_MS = 20;

/** How reads are made. */
export interface ReadMode {
  /** Whether segments are mapped; without it all reads are made by `pread`. */
  readonly isMapped: boolean;
  /** Takes leases on sealed segments that are mapped, where they are wanted. */
  readonly leases: LeaseKeeper | undefined;
  /** Tells whether the times of the folder can be relied on. */
  readonly clock: EnvironmentClock;
}

/** The segments that are there. */
export class SegmentList {
  readonly #directory: StoreDirectory;
  readonly #mode: ReadMode;
  readonly #open = new Set<SegmentFile>();
  #segments: SegmentFile[] = [];
  #segmentByteLength: number;
  /** When the folder was changed last, as of the last look; `undefined` if that was just now. */
  #folderMs: number | undefined;

  /**
   * Makes an empty list.
   *
   * @param directory The store's directory.
   * @param segmentByteLength Length of a segment, until a file says otherwise.
   * @param mode How reads are made.
   */
  constructor(directory: StoreDirectory, segmentByteLength: number, mode: ReadMode) {
    this.#directory = directory;
    this.#segmentByteLength = segmentByteLength;
    this.#mode = mode;
  }

  /** Length of a segment, bytes. */
  get segmentByteLength(): number {
    return this.#segmentByteLength;
  }

  /** What keeps reads from a foreign truncation now: see {@linkcode StoreInfo.guard}. */
  get guard(): "lease" | "sigbus" | "mapping" | "pread" {
    if (!this.#mode.isMapped) return "pread";
    if ((this.#mode.leases?.leasedCount ?? 0) > 0) return "lease";
    return this.#directory.libc.guard?.stands() ? "sigbus" : "mapping";
  }

  /** All segments in order. */
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
   * Reads the folder anew. Segments that are still there stay open.
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
    this.#segments = found.map(({ base, byteLength, status }) => {
      const segment = known.get(base) ?? new SegmentFile(this.#directory, base, byteLength, status);
      known.delete(base);
      return segment;
    });
    for (const gone of known.values()) this.#close(gone);
    this.#keepSealed();
  }

  /**
   * Adds the segment that follows the last one, and opens it: so it can be read also when somebody takes its name away.
   *
   * @param base Position of its first byte.
   * @throws {StoreError<"SYSTEM">} If it cannot be opened; it is in the list all the same.
   */
  add(base: number): void {
    const segment = new SegmentFile(this.#directory, base, this.#segmentByteLength);
    this.#segments.push(segment);
    this.#keepOpen(segment);
    this.#keepSealed();
    segment.descriptor();
  }

  /**
   * Takes segments out of the list and closes them; their files stay.
   *
   * @param unwanted Which.
   */
  drop(unwanted: (segment: SegmentFile) => boolean): void {
    for (const segment of this.#segments.filter(unwanted)) this.#close(segment);
    this.#segments = this.#segments.filter((segment) => !unwanted(segment));
  }

  /**
   * Finds the segment that holds a position.
   *
   * @param position Position in the log.
   * @returns The segment, or `undefined` if none does.
   */
  at(position: number): SegmentFile | undefined {
    const index = Math.floor((position - this.start) / this.#segmentByteLength);
    return this.#segments[index];
  }

  /**
   * Copies bytes of the log. They must lie in one segment.
   *
   * @param position Position of the first byte.
   * @param byteLength How many.
   * @param target Where to.
   * @param at Where in `target`.
   * @returns Whether the list has them.
   */
  copy(position: number, byteLength: number, target: Uint8Array, at: number): boolean {
    const segment = this.at(position);
    if (segment === undefined || position + byteLength > segment.end) return false;
    this.#keepOpen(segment);
    const mapping = this.#mapping(segment);
    if (mapping !== undefined) {
      mapping.copyOut(position - segment.base, byteLength, target, at);
      if (!segment.hasLostPages) return true;
      this.#surrender(segment);
    }
    segment.read(position - segment.base, target.subarray(at, at + byteLength));
    return true;
  }

  /**
   * Lends bytes of the log, without copying where the guard allows. They must lie in one segment.
   *
   * @param position Position of the first byte.
   * @param byteLength How many.
   * @param callback Gets a view that has length 0 afterwards.
   * @returns Whether the list has them.
   */
  borrow(position: number, byteLength: number, callback: (view: Uint8Array) => void): boolean {
    const segment = this.at(position);
    if (segment === undefined || position + byteLength > segment.end) return false;
    this.#keepOpen(segment);
    // Under a guard a view would turn into zeros before the eyes of who borrows it.
    const isGuarded = this.#directory.libc.guard !== undefined;
    const mapping = isGuarded ? undefined : this.#mapping(segment);
    if (mapping !== undefined) {
      mapping.borrow(position - segment.base, byteLength, callback);
      return true;
    }
    const copy = new Uint8Array(byteLength);
    this.copy(position, byteLength, copy, 0);
    callback(copy);
    copy.buffer.transfer(0);
    return true;
  }

  /**
   * Tells whether somebody took a segment away, put another file in its place or changed its length, or put another folder in the place of
   * theirs. Looks at all of them only when their folder was changed since the last look: a length alone shows when the segment is read.
   *
   * @param active The segment that was written to.
   * @returns What happened, or `undefined` if nothing did.
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

  /** Closes all. The list can be used again. */
  close(): void {
    for (const segment of this.#segments) this.#close(segment);
  }

  #mapping(segment: SegmentFile): Mapping | undefined {
    if (!this.#mode.isMapped) return undefined;
    this.#mode.leases?.lookIfOverdue();
    const isFirst = !segment.isMapped && !segment.isSurrendered;
    if (isFirst && segment !== this.#segments.at(-1)) this.#mode.leases?.keep(segment);
    return segment.mapping();
  }

  /** The guard has saved the process: from here on the segment is read by `pread`, which tells what is there. */
  #surrender(segment: SegmentFile): void {
    this.#mode.leases?.forget(segment);
    segment.surrender();
    this.#directory.trust.note(
      `Segment ${quotePath(segment.path)} was cut by somebody else while it was mapped: ` +
        "it is read without mapping; see streambed verify",
    );
  }

  /** Segments that were written to when they were mapped. */
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

/** A segment as the folder shows it. */
interface FoundSegment {
  readonly base: number;
  readonly byteLength: number;
  readonly status: FileStatus;
}

function listSegments(directory: StoreDirectory): FoundSegment[] {
  const found: FoundSegment[] = [];
  for (const { path, base, kind } of listLogFolder(directory)) {
    if (base === undefined) {
      if (kind !== "directory") passOver(directory, path);
      continue;
    }
    const file = directory.openFile(path);
    if (file === undefined) continue;
    const closed = directory.libc.close(file.descriptor);
    const { status } = file;
    if (!failed(closed)) found.push({ base, byteLength: status.byteLength, status });
  }
  return found;
}

/**
 * Something that is no segment. Java passes over folders and loads no log with a file of another name in it, so a writer is refused. A
 * reader, which may be beside a writer at work, reads on.
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

function refuseOddSegments(found: readonly FoundSegment[], segmentByteLength: number): void {
  found.forEach(({ base, byteLength }, index) => {
    const path = segmentPath(base);
    if (byteLength !== segmentByteLength || base % segmentByteLength !== 0) {
      throw damagedLog(
        "wrong-length",
        "open log",
        `the segment has ${byteLength} bytes where the others have ${segmentByteLength}`,
        { path, position: base },
      );
    }
    if (index > 0 && base === found[index - 1].base) {
      const detail = "two directories of the log hold this segment";
      const remedy = "move one of them away";
      throw foreignFile("open log", detail, { path, position: base, remedy });
    }
    const expected = index === 0 ? base : found[index - 1].base + segmentByteLength;
    if (base !== expected) {
      throw damagedLog(
        "missing-segment",
        "open log",
        `the segments from ${expected} to ${base} are missing`,
        { path, position: expected },
      );
    }
  });
}
