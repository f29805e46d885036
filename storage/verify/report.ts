/**
 * What a verification found, as values.
 *
 * Damage is what no crash and no known defect of RocketMQ explains. All else worth knowing is a
 * note.
 *
 * @module
 */
import type { RecordDamage } from "../layout/mod.ts";

export type FindingArea =
  | "checkpoint"
  | "config"
  | "directory"
  | "batch"
  | "index"
  | "log"
  | "queue"
  | "streambed";

/** Damage, or something to know. */
export type Severity = "damage" | "note";

/** Where something was noticed. */
export interface FindingPlace {
  /** Relative to the store's directory. */
  readonly path?: string;
  /** In the log. */
  readonly position?: number;
}

/** One thing that was noticed. */
export interface VerifyFinding extends FindingPlace {
  readonly severity: Severity;
  readonly area: FindingArea;
  /** In words, without a full stop. */
  readonly text: string;
}

/** Why the log ends where it ends. */
export type TailReason = RecordDamage | "leftover" | "batch" | "blank";

/** How the log ends. */
export type LogTail =
  | {
    /** Only zeros follow. */
    readonly kind: "clean";
    /** After the last record. */
    readonly position: number;
  }
  | {
    /** A writer is at work; what follows is its business. */
    readonly kind: "live";
    /** Up to which was verified. */
    readonly position: number;
  }
  | {
    /** A crash left bytes that the next writer cuts away. */
    readonly kind: "torn";
    /** After the last record that stays. */
    readonly position: number;
    /** From there to the last one that is not zero. */
    readonly byteLength: number;
    /** What is wrong with the first of them; `leftover`: zeros, and then something. */
    readonly reason: TailReason;
    /** Whole records among them, which would be cut away too. */
    readonly recordCount: number;
  }
  | {
    /** Damage that the log does not go on behind, or a tail that no crash explains. */
    readonly kind: "damaged";
    readonly position: number;
    readonly reason: TailReason;
  };

export interface LogSummary {
  readonly from: number;
  /** After the last verified byte. */
  readonly to: number;
  /** 0 without a segment. */
  readonly segmentByteLength: number;
  readonly segmentCount: number;
  readonly recordCount: number;
  /** Messages among them that are prepared or rolled back: no queue has an entry of them. */
  readonly halfCount: number;
  /** Messages whose whole-record checksum was there and right. */
  readonly sealedCount: number;
  /** storeTimestamp, ms since epoch; 0 without a message. */
  readonly earliestTimestamp: number;
  /** storeTimestamp, ms since epoch; 0 without a message. */
  readonly latestTimestamp: number;
}

export interface QueueSummary {
  /** Those with only missing entries included. */
  readonly queueCount: number;
  /** That lead to their message. */
  readonly entryCount: number;
  /** Messages without an entry, unless a live writer may still make it. */
  readonly missingCount: number;
  /** Entries that lead elsewhere. */
  readonly wrongCount: number;
}

export interface IndexSummary {
  readonly fileCount: number;
  readonly entryCount: number;
  /** Keys of messages that are found. */
  readonly keyCount: number;
  /** Keys of messages that are not found, unless a live writer may still index them. */
  readonly missingCount: number;
}

/** An atomic batch of which a part is missing. Readers do not see the rest of it. */
export interface UnfinishedBatch {
  /** Of the first record that is there. */
  readonly position: number;
  /** Records that the batch should have. */
  readonly count: number;
  /** Records that are there. */
  readonly found: number;
}

/** A summary while it is counted. */
export type Counted<Summary> = { -readonly [Name in keyof Summary]: Summary[Name] };

/**
 * What a verification comes to, the worst that applies:
 *
 * - `"damaged"`: of the log, or of what the log does not tell, there is damage.
 * - `"doubtful"`: every record is whole, and their offsets have gaps or are there twice.
 * - `"torn"`: a crash left a tail that the next writer cuts.
 * - `"repairable"`: the log is sound; of queues and index something is missing or wrong, for
 *   whatever reason, and `streambed rebuild` makes it anew.
 * - `"sound"`: nothing of this.
 */
export type VerifyVerdict = "sound" | "repairable" | "torn" | "doubtful" | "damaged";

/** What {@linkcode verifyStore} found. */
export interface VerifyReport {
  readonly path: string;
  readonly verdict: VerifyVerdict;
  /** Whether a writer was at work meanwhile. */
  readonly live: boolean;
  /** Whether the last writer closed the store. */
  readonly closed: boolean;
  /** `undefined` if only RocketMQ wrote. */
  readonly mark: number | undefined;
  readonly log: LogSummary;
  readonly tail: LogTail;
  readonly queues: QueueSummary;
  readonly index: IndexSummary;
  /** Atomic batches that a crash cut in two and that are not at the tail. */
  readonly unfinishedBatches: readonly UnfinishedBatch[];
  /** How often damage was found, also beyond `findings`. */
  readonly damageCount: number;
  /** Also beyond `findings`. */
  readonly noteCount: number;
  /** The first 1,000 of either kind. */
  readonly findings: readonly VerifyFinding[];
}

const LISTED_MAX = 1000;
/** Areas of what follows from the log. */
const DERIVED: readonly FindingArea[] = ["queue", "index"];

/** What belongs to a finding beside its text. */
export interface FindingDetails extends FindingPlace {
  /** What puts it right, in words. No writer opens a damaged log: then it is not said. */
  readonly mend?: string;
}

/** Lists the first 1,000 findings of each severity and counts the rest. */
export class Findings {
  damageCount = 0;
  noteCount = 0;
  /** Notes that doubt what records of the log say. */
  doubtCount = 0;
  /** Those of what is derived, of either severity. */
  #derivedCount = 0;
  /** Damage of what cannot be derived. */
  #lostCount = 0;
  /** Whether the log is damaged. */
  #isLogDamaged = false;
  readonly #list: (VerifyFinding & FindingDetails)[] = [];

  /** In the order in which they were found. */
  get list(): VerifyFinding[] {
    return this.#list.map(({ mend, text, ...finding }) => {
      const isMended = mend !== undefined && !this.#isLogDamaged;
      return { ...finding, text: isMended ? `${text}; ${mend}` : text };
    });
  }

  add(severity: Severity, area: FindingArea, text: string, details: FindingDetails = {}): void {
    const count = severity === "damage" ? ++this.damageCount : ++this.noteCount;
    if (DERIVED.includes(area)) this.#derivedCount++;
    else if (severity === "damage") this.#lostCount++;
    if (severity === "damage" && area === "log") this.#isLogDamaged = true;
    if (count <= LISTED_MAX) this.#list.push({ severity, area, text, ...details });
  }

  /** Notes what makes a record doubtful that is whole. */
  doubt(text: string, place: FindingPlace): void {
    this.doubtCount++;
    this.add("note", "log", text, place);
  }

  verdict(tail: LogTail): VerifyVerdict {
    if (this.#lostCount > 0) return "damaged";
    if (this.doubtCount > 0) return "doubtful";
    if (tail.kind === "torn") return "torn";
    return this.#derivedCount > 0 ? "repairable" : "sound";
  }
}
