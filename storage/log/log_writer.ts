/**
 * Appends records to the log: RocketMQ's `CommitLog`.
 *
 * Requests are placed in the order they come. A record is encoded in the staging buffer and reaches
 * the file by one of the two write paths; only then is it committed, dispatched to its queue,
 * published to other processes and acknowledged. Where a record does not fit, a blank record fills
 * the segment and the next one, prepared ahead, takes its place.
 *
 * @module
 */
import { failed, systemError } from "../../ffi/mod.ts";
import { durabilityLost, StoreError } from "../errors.ts";
import { BLANK_BYTE_LENGTH_MIN, encodeBlankRecord, type RecordPlace } from "../layout/mod.ts";
import type { ActiveSegment } from "./active_segment.ts";
import type { SegmentPreparer } from "./segment_preparer.ts";
import type { AppendQueue, AppendRequest, PlaceableRecord } from "./append_request.ts";
import { Flusher, type FlusherParts } from "./flusher.ts";
import { PositionWaiters } from "./position_waiters.ts";
import { StagingBuffer } from "./staging_buffer.ts";
import type { WritePath } from "./write_path.ts";

/** What a log writer needs. */
export interface LogWriterParts extends FlusherParts {
  readonly preparer: SegmentPreparer;
  /** Derives what follows from the records that were encoded, now that they are committed. */
  dispatch(): void;
  /** How records reach the file. */
  readonly path: WritePath;
  /** Usual length of the staging buffer, bytes. */
  readonly stagingByteLength: number;
}

/** Where a log ends when its writer takes over. */
export interface LogEnd {
  /** The segment to go on in; `undefined` if the log ends with a full one, or is empty. */
  readonly active: ActiveSegment | undefined;
  /** Position of the next record. */
  readonly position: number;
  /** storeTimestamp of the last record, ms since epoch. */
  readonly storeTimestamp: number;
  /** Position of the last record; 0 if there is none. */
  readonly lastPosition: number;
}

/** Appends to the log. */
export class LogWriter {
  readonly flusher: Flusher;
  readonly #parts: LogWriterParts;
  readonly #staging: StagingBuffer;
  readonly #place: RecordPlace = { queueOffset: 0, position: 0, storeTimestamp: 0 };
  readonly #committedWaiters: PositionWaiters;
  readonly #requests: AppendRequest[] = [];
  #active: ActiveSegment | undefined;
  #encodedPosition: number;
  #committedPosition: number;
  #lastTimestamp: number;
  /** Positions of the last encoded and of the last committed record. */
  #lastEncoded: number;
  #lastPosition: number;
  #rolling: Promise<void> | undefined;

  /** Takes over the end of a log, below which everything is durable. */
  constructor(parts: LogWriterParts, end: LogEnd) {
    this.#parts = parts;
    this.#staging = new StagingBuffer(parts.stagingByteLength);
    this.#active = end.active;
    this.#encodedPosition = end.position;
    this.#committedPosition = end.position;
    this.#lastTimestamp = end.storeTimestamp;
    this.#lastEncoded = this.#lastPosition = end.lastPosition;
    this.flusher = new Flusher(this, end.position, parts);
    if (end.active !== undefined) this.flusher.add(end.active);
    this.#committedWaiters = new PositionWaiters(parts.failure);
    parts.failure.onFailure((error) => this.#refuseWaiting(error));
    parts.preparer.prepare(end.active?.end ?? end.position);
  }

  /** Position after the last encoded byte. */
  get encodedPosition(): number {
    return this.#encodedPosition;
  }

  get committedPosition(): number {
    return this.#committedPosition;
  }

  /** storeTimestamp of the last encoded record, ms since epoch. */
  get lastTimestamp(): number {
    return this.#lastTimestamp;
  }

  /** Position of the last committed record; 0 if there is none. */
  get lastPosition(): number {
    return this.#lastPosition;
  }

  /** Bytes that are encoded and not committed. */
  get stagedByteLength(): number {
    return this.#staging.used;
  }

  /** Places a request at once, unless others wait or the log must roll; then bodies are copied. */
  append(request: AppendRequest): void {
    const { error } = this.#parts.failure;
    if (error !== undefined) return request.whole.reject(error);
    this.#requests.push(request);
    if (this.#rolling === undefined) this.#pump();
    request.keepBodies();
  }

  /**
   * Places one record at once, and says where until the next is placed; `undefined` in the rare
   * case that it must wait.
   */
  tryAppend(
    record: PlaceableRecord,
    queue: AppendQueue,
    now: number,
  ): Readonly<RecordPlace> | undefined {
    const isFree = this.#requests.length === 0 && this.#rolling === undefined &&
      this.#parts.failure.error === undefined;
    if (!isFree || !this.#makeRoom(record.byteLength)) return undefined;
    this.#encode(record, queue, this.#notBefore(now));
    return this.#place;
  }

  /** Resolves with `value` at the {@linkcode commit} of all below a position. */
  committed<T = void>(position: number, value?: T): Promise<T> {
    if (position <= this.#committedPosition) return Promise.resolve(value as T);
    return this.#committedWaiters.wait(position, value as T);
  }

  /** Commits what is staged and settles the waiters. */
  commit(): void {
    if (this.#staging.used > 0 && this.#parts.failure.error === undefined) this.#commit(false);
    this.#tell();
  }

  /** Settles when no request waits for the next segment. */
  async settled(): Promise<void> {
    while (this.#rolling !== undefined) await this.#rolling;
  }

  /** Closes the segments, after a running flush. */
  async close(): Promise<void> {
    await this.settled();
    await this.flusher.close();
    await this.#parts.preparer.close();
  }

  /** Places requests until all are placed or the log must roll. */
  #pump(): void {
    // Removed together: one by one, each removal would move thousands that waited for a roll.
    this.#requests.splice(0, this.#placeRequests());
    if (this.#requests.length > 0 && this.#parts.failure.error === undefined) {
      this.#rolling = this.#roll();
    }
  }

  /** Places requests in order. Gives how many have their place. */
  #placeRequests(): number {
    const requests = this.#requests;
    let count = 0;
    for (; count < requests.length; count++) {
      const request = requests[count];
      const isPlaced = request.isAtomic ? this.#placeBatch(request) : this.#placeAll(request);
      if (!isPlaced || this.#parts.failure.error !== undefined) break;
      request.whole.resolve();
    }
    return count;
  }

  /** Encodes records one by one. Gives whether all have their place. */
  #placeAll(request: AppendRequest): boolean {
    const { records, placed } = request;
    const now = this.#notBefore(this.#parts.environment.clock.now());
    while (placed.count < records.length) {
      if (!this.#makeRoom(records[placed.count].byteLength)) return false;
      this.#encodeNext(request, now);
    }
    return true;
  }

  /** Encodes a batch and lets it appear at once. Gives whether it has its place. */
  #placeBatch(request: AppendRequest): boolean {
    const byteLength = request.records.reduce((sum, record) => sum + record.byteLength, 0);
    if (!this.#fits(byteLength)) return false;
    this.commit();
    if (this.#parts.failure.error !== undefined) return false;
    this.#staging.ensure(byteLength);
    this.#placeAll(request);
    this.#commit(true);
    this.#tell();
    return true;
  }

  /** Settles waiters for what is committed, and starts a flush if one is awaited. */
  #tell(): void {
    this.#committedWaiters.reach(this.#committedPosition);
    if (this.flusher.isAwaited) this.flusher.start();
  }

  #encodeNext({ records, queues, placed }: AppendRequest, now: number): void {
    const record = records[placed.count];
    this.#encode(record, queues[placed.count], now);
    placed.push(this.#place, record.byteLength);
  }

  /** Encodes a record; `#place` says where it went. */
  #encode(record: PlaceableRecord, queue: AppendQueue, now: number): void {
    const place = this.#place;
    place.position = this.#encodedPosition;
    place.storeTimestamp = now;
    queue.encode(record, this.#staging, place);
    this.#lastEncoded = this.#encodedPosition;
    this.#encodedPosition += record.byteLength;
  }

  /** Makes room in the buffer; false if a record must wait for a segment, or if a commit failed. */
  #makeRoom(byteLength: number): boolean {
    if (!this.#fits(byteLength)) return false;
    if (byteLength <= this.#staging.room) return true;
    this.#commit(false);
    if (this.#parts.failure.error !== undefined) return false;
    this.#staging.ensure(byteLength);
    return true;
  }

  /** Whether a record, and a blank one behind it, fit into the active segment. */
  #fits(byteLength: number): boolean {
    const active = this.#active;
    if (active === undefined) return false;
    return this.#encodedPosition + byteLength + BLANK_BYTE_LENGTH_MIN <= active.end;
  }

  /** Offsets decide, not clocks: a clock that went back repeats the last time. */
  #notBefore(now: number): number {
    this.#lastTimestamp = Math.max(this.#lastTimestamp, now);
    return this.#lastTimestamp;
  }

  /** Hands the staging buffer to the file, then dispatches and publishes. */
  #commit(isBatch: boolean): void {
    const staging = this.#staging;
    const byteLength = staging.used;
    if (byteLength === 0) return;
    const { segments, failure } = this.#parts;
    const lost = this.#write(byteLength, isBatch) ?? segments.loss(this.#active!);
    if (lost !== undefined) return failure.fail(lost);
    staging.clear();
    this.#dispatch();
    this.#lastPosition = this.#lastEncoded;
    this.#committedPosition += byteLength;
    this.#parts.publish();
  }

  /** Writes bytes of the staging buffer behind what is committed. Gives the error of a failure. */
  #write(byteLength: number, isBatch: boolean): StoreError<"DURABILITY_LOST"> | undefined {
    const active = this.#active!;
    const bytes = this.#staging.bytes.subarray(0, byteLength);
    const offset = this.#committedPosition - active.base;
    const written = this.#parts.path.write(active, offset, bytes, isBatch);
    if (!failed(written)) return undefined;
    const cause = systemError(written, "write", active.path);
    return durabilityLost("write-failed", active.path, { cause });
  }

  #dispatch(): void {
    try {
      this.#parts.dispatch();
    } catch (cause) {
      // Unexpected, but every waiter must be told.
      this.#parts.failure.fail(durabilityLost("write-failed", this.#active!.path, { cause }));
    }
  }

  /** Seals the active segment, puts the next one in its place, goes on. */
  async #roll(): Promise<void> {
    const { preparer, segments, failure, events } = this.#parts;
    const base = this.#active?.end ?? this.#encodedPosition;
    try {
      // Of two names that are not durable a power cut may keep the later: a gap in the log.
      await this.#active?.naming;
      const next = await preparer.take(base);
      next.naming?.catch((error) => failure.fail(error));
      this.commit();
      if (failure.error === undefined) this.#seal();
      if (failure.error !== undefined) return await next.close();
      this.#active = next;
      this.flusher.add(next);
      segments.add(base);
      events.tell("streambed:roll", () => ({ position: base }));
      preparer.prepare(next.end);
    } catch (error) {
      if (StoreError.is(error, "DURABILITY_LOST")) failure.fail(error);
      else {
        // No room for the next segment: nothing is lost, and callers may try again.
        this.commit();
        this.#refuseWaiting(error as Error);
      }
    } finally {
      this.#rolling = undefined;
    }
    this.#pump();
  }

  /** Fills the rest of the active segment with a blank record. */
  #seal(): void {
    const active = this.#active;
    if (active === undefined || this.#encodedPosition === active.end) return;
    encodeBlankRecord(this.#staging.view, 0, active.end - this.#encodedPosition);
    const lost = this.#write(BLANK_BYTE_LENGTH_MIN, false);
    if (lost !== undefined) return this.#parts.failure.fail(lost);
    this.#encodedPosition = active.end;
    this.#committedPosition = active.end;
    this.#parts.publish();
  }

  #refuseWaiting(error: Error): void {
    for (const request of this.#requests.splice(0)) request.whole.reject(error);
  }
}
