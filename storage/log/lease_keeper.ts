/**
 * Keeps sealed segments safe to be mapped: a read lease of the kernel on each.
 *
 * A mapped file that somebody else truncates kills the process that touches it. While a lease is held, whoever opens the
 * file for writing or truncates it has to wait, up to 45 s, until the lease is given back; it is, after the mapping was
 * taken away. From then on the segment is read by `pread`, which meets the same truncation with an error.
 *
 * No signal is needed: the leases are looked at a few times a second, and before a read when that is overdue. The signal
 * that the kernel sends all the same is chosen to be one that is ignored unless somebody listens.
 *
 * @module
 */
import { failed, type FileStatus, quotePath } from "../../ffi/mod.ts";
import type { EnvironmentClock, EnvironmentTimers, TimerHandle } from "../environment.ts";
import type { SegmentFile } from "./segment_file.ts";

/** How often leases are looked at, ms. The kernel waits 45 s. */
const ROUND_INTERVAL_MS = 250;
/** A read looks itself when nobody has for so long, because the event loop was blocked. */
const OVERDUE_MS = 5000;
/** Rounds between two attempts to get a lease: doubled up to the second. */
const RETRY_ROUNDS_MIN = 4;
const RETRY_ROUNDS_MAX = 64;

/** A failure that says that leases are not to be had here at all: the file system, the owner, the kernel. */
const HOPELESS = ["EINVAL", "EACCES", "EPERM", "ENOSYS", "EOPNOTSUPP", "ENOLCK"];

interface Kept {
  state: "wanted" | "leased" | "surrendered";
  /** What the file was when its lease was taken. */
  status: FileStatus | undefined;
  /** Rounds until the next attempt, and how many after that one. */
  waitRounds: number;
  retryRounds: number;
}

/** What a keeper is made of. */
export interface LeaseKeeperParts {
  /** To look at the leases; keeps no process alive. */
  readonly timers: EnvironmentTimers;
  /** Tells when that is overdue. */
  readonly clock: EnvironmentClock;
  /** Told of every break. */
  readonly note: (text: string) => void;
}

/** Holds the leases of mapped segments. */
export class LeaseKeeper {
  readonly #parts: LeaseKeeperParts;
  readonly #kept = new Map<SegmentFile, Kept>();
  #timer: TimerHandle | undefined;
  #roundMs = 0;

  /**
   * Makes a keeper without leases.
   *
   * @param parts See {@linkcode LeaseKeeperParts}.
   */
  constructor(parts: LeaseKeeperParts) {
    this.#parts = parts;
  }

  /** How many segments are under a lease now. */
  get leasedCount(): number {
    return [...this.#kept.values()].filter(({ state }) => state === "leased").length;
  }

  /**
   * Takes a lease on a sealed segment that is to be mapped, now or as soon as nobody has it open for writing. Until then it is
   * read without mapping.
   *
   * @param segment The segment. Nothing happens when it is kept already.
   */
  keep(segment: SegmentFile): void {
    if (this.#kept.has(segment)) return;
    const kept: Kept = {
      state: "wanted",
      status: undefined,
      waitRounds: RETRY_ROUNDS_MIN,
      retryRounds: RETRY_ROUNDS_MIN,
    };
    this.#kept.set(segment, kept);
    this.#take(segment, kept);
    this.#schedule();
  }

  /**
   * Forgets a segment that is about to be closed, which gives its lease back.
   *
   * @param segment The segment.
   */
  forget(segment: SegmentFile): void {
    this.#kept.delete(segment);
    if (this.#kept.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Looks at the leases if nobody has for too long. */
  lookIfOverdue(): void {
    if (this.#kept.size === 0) return;
    if (this.#parts.clock.monotonic() - this.#roundMs > OVERDUE_MS) this.look();
  }

  /** Looks at all leases: gives back what somebody waits for, tries again to get what was not to be had. */
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
    const state = segment.leaseState();
    if (!failed(state) && state === "read") return;
    segment.surrender();
    Object.assign(kept, {
      state: "surrendered",
      waitRounds: RETRY_ROUNDS_MIN,
      retryRounds: RETRY_ROUNDS_MIN,
    });
    this.#note(segment, "is being opened for writing by somebody else: it is read without mapping");
  }

  #take(segment: SegmentFile, kept: Kept): void {
    const taken = segment.takeLease();
    if (failed(taken)) {
      if (HOPELESS.includes(taken.code)) return this.forget(segment);
      // Who has it open for writing can truncate it without waiting for anybody.
      segment.surrender();
      kept.waitRounds = kept.retryRounds;
      kept.retryRounds = Math.min(2 * kept.retryRounds, RETRY_ROUNDS_MAX);
      return;
    }
    // From here on nobody can change the file: what it is now, it stays.
    const now = segment.openStatus();
    const changed = now === undefined
      ? "cannot be looked at any more"
      : changeOf(segment, kept, now);
    if (changed !== undefined) {
      segment.surrender();
      this.forget(segment);
      return this.#note(segment, `${changed}: it is read without mapping; see streambed verify`);
    }
    segment.restore();
    if (kept.state === "surrendered") this.#note(segment, "was not changed: it is mapped again");
    kept.status = now;
    kept.state = "leased";
  }

  #note(segment: SegmentFile, text: string): void {
    this.#parts.note(`Segment ${quotePath(segment.path)} ${text}`);
  }
}

/** What happened to a file since it was looked at last, in words. */
function changeOf(segment: SegmentFile, { status }: Kept, now: FileStatus): string | undefined {
  if (now.byteLength !== segment.byteLength) {
    return `has ${now.byteLength} bytes instead of ${segment.byteLength}`;
  }
  if (status === undefined || status.modifiedMs === now.modifiedMs) return undefined;
  return "was changed by somebody else";
}
