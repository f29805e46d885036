/**
 * The duty that makes log, queues and index durable and remembers how far, so that the next opening
 * has little to walk.
 *
 * @module
 */
import { openIndexStart, replaceFile, writeStoreCheckpoint } from "../broker/mod.ts";
import { encodeSnapshot } from "../derived/mod.ts";
import type { Duty } from "./housekeeper.ts";
import { type DutyParts, writeMeta } from "./log_duties.ts";
import { TABLES_FILE } from "../layout/mod.ts";

/** Due when a segment was sealed, and by time. */
export class SnapshotDuty implements Duty {
  readonly #parts: DutyParts;
  #position: number;
  #time: number;
  /** End of the newest segment when a snapshot was wanted last; -1 if one is wanted now. */
  #segmentsEnd: number;

  /** Goes on from the opening's snapshot; one is wanted at once if everything was built anew. */
  constructor(parts: DutyParts, isRebuilt: boolean) {
    const { snapshot, segments } = parts.files;
    this.#parts = parts;
    this.#position = isRebuilt ? -1 : snapshot?.position ?? -1;
    this.#segmentsEnd = isRebuilt ? -1 : segments.end;
    this.#time = this.#now();
  }

  /** See {@linkcode Duty.isBehind}. */
  isBehind(): boolean {
    return this.#isWanted() || this.#parts.log.committedPosition > this.#position;
  }

  /** See {@linkcode Duty.isDue}. */
  isDue(): boolean {
    const { log, files } = this.#parts;
    if (this.#isWanted()) return true;
    if (log.committedPosition === this.#position) return false;
    return this.#now() - this.#time >= files.options.tuning.flushThoroughIntervalMs;
  }

  /**
   * Takes a snapshot of what is committed now.
   *
   * @throws {StoreError<"SYSTEM">} If a file cannot be written or synced. The log is not concerned.
   * @throws {StoreError<"DURABILITY_LOST">} If the log cannot be synced.
   */
  async run(): Promise<void> {
    const { files, log } = this.#parts;
    const { derived, directory, environment } = files;
    this.#segmentsEnd = files.segments.end;
    const position = log.committedPosition;
    const durable = {
      storeTimestamp: log.lastTimestamp,
      lastPosition: log.lastPosition,
      openIndex: openIndexStart(derived.index),
    };
    // Keys still in memory may go into a file not listed here: its loss would go unnoticed.
    const taken = derived.snapshot(position);
    await log.flusher.flushTo(position);
    await derived.sync();
    // A snapshot must not list what is not there.
    if (taken === undefined || !derived.isWhole) return;
    await replaceFile(directory, TABLES_FILE, encodeSnapshot(taken), {
      random: environment.random,
      backup: false,
    });
    files.nextOffsets.learn(taken.queues);
    await writeStoreCheckpoint(directory, durable);
    const mark = Math.max(files.identity.mark, log.flusher.flushedPosition);
    await writeMeta(this.#parts, { mark, dispatched: position });
    this.#position = position;
    this.#time = this.#now();
  }

  /** A segment was sealed, or everything was built anew. */
  #isWanted(): boolean {
    return this.#parts.files.segments.end !== this.#segmentsEnd;
  }

  #now(): number {
    return this.#parts.files.environment.clock.monotonic();
  }
}
