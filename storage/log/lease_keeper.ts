/**
 * Keeps sealed segments safe to map: each is under a read lease of the kernel.
 *
 * Touching a mapped file that another program has cut kills the process. Under a lease, opening the
 * file for writing or cutting it blocks, up to 45 s, until the lease is given back; the mapping is
 * removed first. From then on `pread` reads the segment, and a cut is an error.
 *
 * Leases are checked a few times a second, and before a read when that is overdue. The signal that
 * the kernel sends as well is chosen to be ignored where it has no handler.
 *
 * @module
 */
import { failed, type FileStatus, quotePath } from "../../ffi/mod.ts";
import type { EnvironmentClock, EnvironmentTimers, TimerHandle } from "../environment.ts";
import type { SegmentFile } from "./segment_file.ts";

/** How often leases are checked, ms. The kernel waits 45 s. */
const ROUND_INTERVAL_MS = 250;
/** A read checks the leases itself after so long: the event loop was blocked. */
const OVERDUE_MS = 5000;
/** Rounds between two attempts to take a lease: the first, doubled up to the second. */
const RETRY_ROUNDS_MIN = 4;
const RETRY_ROUNDS_MAX = 64;
const SOON = { waitRounds: RETRY_ROUNDS_MIN, retryRounds: RETRY_ROUNDS_MIN };

/** Errors that mean that no lease can be taken here: the file system, the owner, the kernel. */
const HOPELESS = ["EINVAL", "EACCES", "EPERM", "ENOSYS", "EOPNOTSUPP", "ENOLCK"];

interface Kept {
  state: "wanted" | "leased" | "surrendered";
  /** What the file was when its lease was taken. */
  status: FileStatus | undefined;
  /** Rounds until the next attempt, and how many after that one. */
  waitRounds: number;
  retryRounds: number;
}

/** What a keeper needs. */
export interface LeaseKeeperParts {
  /** Background timers, which do not keep the process alive. */
  readonly timers: EnvironmentTimers;
  readonly clock: EnvironmentClock;
  /** Called at every break. */
  readonly note: (text: string) => void;
}

/** Holds the leases of mapped segments. */
export class LeaseKeeper {
  readonly #parts: LeaseKeeperParts;
  readonly #kept = new Map<SegmentFile, Kept>();
  #timer: TimerHandle | undefined;
  #roundMs = 0;

  constructor(parts: LeaseKeeperParts) {
    this.#parts = parts;
  }

  get leasedCount(): number {
    return [...this.#kept.values()].filter(({ state }) => state === "leased").length;
  }

  /**
   * Takes a lease on a sealed segment, now or as soon as it is not open for writing; until then it
   * is read without mapping.
   */
  keep(segment: SegmentFile): void {
    if (this.#kept.has(segment)) return;
    const kept: Kept = { state: "wanted", status: undefined, ...SOON };
    this.#kept.set(segment, kept);
    this.#take(segment, kept);
    this.#schedule();
  }

  /** Forgets a segment that is about to be closed, which gives its lease back. */
  forget(segment: SegmentFile): void {
    this.#kept.delete(segment);
    if (this.#kept.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Checks the leases if that is overdue. */
  lookIfOverdue(): void {
    if (this.#kept.size === 0) return;
    if (this.#parts.clock.monotonic() - this.#roundMs > OVERDUE_MS) this.look();
  }

  /** Checks all leases: gives back those that a writer waits for, tries again for those refused. */
  look(): void {
    this.#roundMs = this.#parts.clock.monotonic();
    for (const [segment, kept] of this.#kept) {
      if (kept.state === "leased") this.#check(segment, kept);
      else if (--kept.waitRounds <= 0) this.#take(segment, kept);
    }
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#kept.size === 0) return;
    this.#roundMs = this.#parts.clock.monotonic();
    this.#timer = this.#parts.timers.background(ROUND_INTERVAL_MS, () => {
      this.#timer = undefined;
      this.look();
      this.#schedule();
    });
  }

  #check(segment: SegmentFile, kept: Kept): void {
    const { libc } = segment.directory;
    // It is to become another one where an opener for writing waits.
    const lease = libc.getLease(segment.descriptor());
    if (!failed(lease) && lease === "read") return;
    segment.surrender();
    Object.assign(kept, { state: "surrendered", ...SOON });
    this.#note(
      segment,
      "is being opened for writing by another program: it is read without mapping",
    );
  }

  #take(segment: SegmentFile, kept: Kept): void {
    const taken = segment.takeLease();
    if (failed(taken)) {
      if (HOPELESS.includes(taken.code)) return this.forget(segment);
      // A program that has it open for writing can cut it without waiting.
      segment.surrender();
      kept.waitRounds = kept.retryRounds;
      kept.retryRounds = Math.min(2 * kept.retryRounds, RETRY_ROUNDS_MAX);
      return;
    }
    // From here on the file cannot change.
    const now = segment.directory.libc.fstat(segment.descriptor());
    const changed = failed(now) ? "cannot be looked at any more" : changeOf(segment, kept, now);
    if (failed(now) || changed !== undefined) {
      segment.surrender();
      this.forget(segment);
      return this.#note(segment, `${changed}: it is read without mapping; see streambed verify`);
    }
    segment.isSurrendered = false;
    if (kept.state === "surrendered") this.#note(segment, "was not changed: it is mapped again");
    kept.status = now;
    kept.state = "leased";
  }

  #note(segment: SegmentFile, text: string): void {
    this.#parts.note(`Segment ${quotePath(segment.path)} ${text}`);
  }
}

/** What changed in the file since its last lease, in words. */
function changeOf(segment: SegmentFile, { status }: Kept, now: FileStatus): string | undefined {
  if (now.byteLength !== segment.byteLength) {
    return `has ${now.byteLength} bytes instead of ${segment.byteLength}`;
  }
  if (status === undefined || status.modifiedMs === now.modifiedMs) return undefined;
  return "was changed by another program";
}
