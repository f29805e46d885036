/**
 * Deletes whole segments at the head of the log, and what points into them.
 *
 * Unlike RocketMQ's `CleanCommitLogService` it goes by the messages' own times, so that a copied
 * store is not young again; the file's time counts only if the message's lies in the future. It
 * never deletes what a group has still to read, what a running backup has still to copy, nor what
 * waits to be delivered. The newest checkpoint of a live job is appended again first, and so is
 * what the groups of other stores have sent back here.
 *
 * @module
 */
import type { ConsumerOffsets } from "../broker/mod.ts";
import type { EntryQueue } from "../derived/mod.ts";
import {
  CONFIG_FOLDER,
  isAhead,
  LOG_FOLDER,
  RECORD_PREFIX,
  recordPrefix,
  type SentBackRecord,
} from "../layout/mod.ts";
import { readOffsets } from "./known_progress.ts";
import { type DutyParts, writeMeta } from "./log_duties.ts";
import { saveOffsets } from "./offsets_file.ts";
import type { StoreFiles } from "./store_files.ts";
import type { SegmentFile } from "../log/mod.ts";
import type { Message } from "../types.ts";
import { checkpointsToCarry } from "./carried_checkpoints.ts";
import { isToldSince, sentBackBefore } from "./carried_sent_back.ts";

/** The writer, as retention needs it. */
export interface RetentionWriter {
  readonly groups: {
    readonly offsets: ConsumerOffsets;
    /** Takes over what other processes have read. */
    look(): void;
    /** Makes all progress durable. */
    write(): Promise<void>;
  };
  append(messages: readonly Message[], durability: "flushed", isAtomic: boolean): Promise<unknown>;
  /** Appends what a group has sent back, without copies. */
  sendBack(copies: readonly [], told: SentBackRecord): Promise<unknown>;
  /** How far delayed messages are delivered. */
  readonly delayed: {
    lowestPosition(): number;
    write(): Promise<void>;
  };
  /** Tells readers that the log starts later. */
  publish(): void;
}

/**
 * Deletes by age and length: a duty of the writing half. It brings no round of its own: an idle
 * store keeps what is too old until it is written to again.
 */
export class LogRetention {
  readonly #parts: DutyParts;
  readonly #files: StoreFiles;
  readonly #writer: RetentionWriter;
  #running: Promise<void> = Promise.resolve();
  /** Running calls of {@linkcode hold}. */
  #holdCount = 0;

  constructor(parts: DutyParts, writer: RetentionWriter) {
    this.#parts = parts;
    this.#files = parts.files;
    this.#writer = writer;
  }

  /** Whether there are limits, and no {@linkcode hold}. */
  isDue(): boolean {
    const { maxAgeMs, maxByteLength } = this.#files.options.retention;
    return this.#holdCount === 0 && (maxAgeMs !== undefined || maxByteLength !== undefined);
  }

  async run(): Promise<void> {
    this.#running = this.#delete();
    await this.#running;
  }

  /** Deletes nothing while `work` runs, which starts after a running deletion. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#holdCount++;
    try {
      // Its own caller gets the error.
      await this.#running.catch(() => {});
      return await work();
    } finally {
      this.#holdCount--;
    }
  }

  async #delete(): Promise<void> {
    const writer = this.#writer;
    writer.groups.look();
    if (this.#unwanted(writer.groups.offsets).length === 0) return;
    // By what is durable, or a crash would leave groups before the start of the log.
    const unwanted = this.#unwanted(await this.#durableOffsets());
    if (unwanted.length === 0) return;
    const start = unwanted.at(-1)!.end;
    // Entries written after the deletion would make files that are never deleted.
    this.#files.derived.queues.writePending();
    const told = await sentBackBefore(this.#files, start);
    const carried = checkpointsToCarry(this.#files, start);
    // All in this turn, so that a checkpoint saved meanwhile comes behind its older copy.
    await Promise.all([
      ...carried.map((records) => writer.append(records, "flushed", records.length > 1)),
      ...told.filter(({ key }) => !isToldSince(this.#files, key, start))
        .map((one) => writer.sendBack([], one)),
    ]);
    // The record that tells of the last delivery may go.
    await writer.delayed.write();
    await saveOffsets(this.#files, this.#emptied(start));
    // Else the next opening would take what is deleted for lost.
    await writeMeta(this.#parts, { start });
    this.#remove(unwanted, start);
    writer.publish();
    const byteLength = unwanted.reduce((sum, segment) => sum + segment.end - segment.base, 0);
    this.#files.events.tell("streambed:delete", () => ({ earliestPosition: start, byteLength }));
  }

  /** Progress as it is on the disk, where perhaps there is no room for more of it. */
  async #durableOffsets(): Promise<ConsumerOffsets> {
    try {
      await this.#writer.groups.write();
    } catch (error) {
      this.#files.directory.trust.note(`Group progress is behind: ${(error as Error).message}`);
    }
    return readOffsets(this.#files);
  }

  /** The segments that may go, oldest first: never the last, which is written to. */
  #unwanted(offsets: ConsumerOffsets): SegmentFile[] {
    const { segments, options, environment } = this.#files;
    const { maxAgeMs, maxByteLength } = options.retention;
    const needed = options.retention.pastGroups ? Infinity : this.#lowestNeeded(offsets);
    // Until something behind it is flushed, a segment that is gone is a loss: a power cut could
    // take the next one's name too, and with it where the log goes on. So is a message that waits.
    const { flushedPosition } = this.#parts.log.flusher;
    const limit = Math.min(needed, flushedPosition - 1, this.#writer.delayed.lowestPosition());
    const now = environment.clock.now();
    const result: SegmentFile[] = [];
    const sealed = segments.all.slice(0, -1);
    for (const [at, segment] of sealed.entries()) {
      const isLong = maxByteLength !== undefined && segments.end - segment.base > maxByteLength;
      const isOld = maxAgeMs !== undefined && this.#newest(sealed, at, now) < now - maxAgeMs;
      if (segment.end > limit || !(isLong || isOld)) break;
      result.push(segment);
    }
    return result;
  }

  /** Position of the first record that a group has still to read. */
  #lowestNeeded(offsets: ConsumerOffsets): number {
    if (!offsets.isWhole) {
      this.#files.directory.trust.note(
        "Retention deletes nothing: a file of group progress is missing or cannot be read, so " +
          "what the groups have still to read is not known; put it right in " +
          `${CONFIG_FOLDER}/, as its note says, or set retention.pastGroups`,
      );
      return -Infinity;
    }
    let lowest = Infinity;
    for (const { topic, queueId, offset } of offsets.all()) {
      const queue = this.#files.derived.queues.get(topic, queueId);
      if (queue === undefined) continue;
      const next = Math.max(offset, queue.earliest);
      lowest = Math.min(lowest, queue.entryAt(next)?.position ?? Infinity);
    }
    return lowest;
  }

  /**
   * Time of a segment's newest record. If that lies in the future, because a clock was wrong once,
   * the file's own time; if that does too, the time of the next segment, which is no older.
   */
  #newest(sealed: readonly SegmentFile[], from: number, now: number): number {
    for (const segment of sealed.slice(from)) {
      const stored = this.#stored(segment);
      if (!isAhead(stored, now)) return stored;
      const writtenMs = this.#files.directory.status(segment.path)?.modifiedMs ?? Infinity;
      if (!isAhead(writtenMs, now)) return writtenMs;
    }
    return Infinity;
  }

  /** Upper bound of the times in a segment: that of the first record behind it. */
  #stored(segment: SegmentFile): number {
    const head = new Uint8Array(RECORD_PREFIX.byteLength + 24);
    if (!this.#files.segments.copy(segment.end, head.length, head, 0)) return Infinity;
    const view = new DataView(head.buffer);
    if (view.getInt32(0) === 0) return Infinity;
    const at = recordPrefix(view.getInt32(RECORD_PREFIX.offsets.sysFlag)).offsets.storeTimestamp;
    return view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
  }

  /** Queues without a message in what stays: only their files would tell where they go on. */
  #emptied(start: number): EntryQueue[] {
    const { derived: { queues }, nextOffsets } = this.#files;
    return [...queues.all()].filter((queue) =>
      !nextOffsets.covers(queue) && queue.lowerBoundByPosition(start) >= queue.next
    );
  }

  #remove(unwanted: readonly SegmentFile[], start: number): void {
    const { segments, derived, directory } = this.#files;
    // Entries first, then each segment with its file: no entry points at a deleted segment, and the
    // next call repeats what failed.
    derived.trim(start);
    for (const segment of unwanted) {
      directory.remove(segment.path);
      segments.drop((one) => one === segment);
    }
    directory.syncFolder(LOG_FOLDER);
    derived.deleteTrimmed();
  }
}
