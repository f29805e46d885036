/**
 * What a verification found, as values.
 *
 * Damage is what no crash and no known defect of RocketMQ explains. Everything else that somebody
 * may want to know is a note.
 *
 * @module
 */
import type { RecordDamage } from "../layout/mod.ts";

/** Which part of the store a finding is about. */
export type FindingArea =
  | "checkpoint"
  | "config"
  | "directory"
  | "batch"
  | "index"
  | "log"
  | "queue"
  | "streambed";

/** One thing that was noticed. */
export interface VerifyFinding {
  /** Damage, or something to know. */
  readonly severity: "damage" | "note";
  /** Which part of the store. */
  readonly area: FindingArea;
  /** What it is, in words, without a full stop. */
  readonly text: string;
  /** File or folder, relative to the store's directory. */
  readonly path?: string;
  /** Position in the log. */
  readonly position?: number;
}

/** Why the log ends where it ends. */
export type TailReason = RecordDamage | "leftover" | "batch" | "blank";

/** How the log ends. */
export type LogTail =
  | {
    /** Nothing but zeros follows. */
    readonly kind: "clean";
    /** Position after the last record. */
    readonly position: number;
  }
  | {
    /** A writer is at work; what follows is its business. */
    readonly kind: "live";
    /** Position up to which was verified. */
    readonly position: number;
  }
  | {
    /** A crash left bytes that the next writer cuts away. */
    readonly kind: "torn";
    /** Position after the last record that stays. */
    readonly position: number;
    /** Bytes from there to the last one that is not zero. */
    readonly byteLength: number;
    /** What is wrong with the first of them; `leftover`: zeros, and then something. */
    readonly reason: TailReason;
    /** Whole records among them, which would be cut away too. */
    readonly recordCount: number;
  }
  | {
    /** Damage that nothing whole follows. */
    readonly kind: "damaged";
    /** Position of the damage. */
    readonly position: number;
    /** What is wrong there. */
    readonly reason: TailReason;
  };

/** What the log holds. */
export interface LogSummary {
  /** First position. */
  readonly from: number;
  /** Position after the last verified byte. */
  readonly to: number;
  /** Length of a segment, bytes; 0 if there is none. */
  readonly segmentByteLength: number;
  readonly segmentCount: number;
  readonly recordCount: number;
  /** Messages whose whole-record checksum was there and right. */
  readonly sealedCount: number;
  /** Oldest storeTimestamp, ms since epoch; 0 if there is no message. */
  readonly earliestTimestamp: number;
  /** Newest storeTimestamp, ms since epoch; 0 if there is no message. */
  readonly latestTimestamp: number;
}

/** What the queues hold. */
export interface QueueSummary {
  /** Queues, those with only missing entries too. */
  readonly queueCount: number;
  /** Entries that lead to their message. */
  readonly entryCount: number;
  /** Messages without an entry; not those whose entry a live writer may still have to make. */
  readonly missingCount: number;
  /** Entries that lead elsewhere. */
  readonly wrongCount: number;
}

/** What the index holds. */
export interface IndexSummary {
  readonly fileCount: number;
  readonly entryCount: number;
  /** Keys of messages that are found. */
  readonly keyCount: number;
  /** Keys of messages that are not found; not those that a live writer may still have to index. */
  readonly missingCount: number;
}

/** An atomic batch of which a part is missing. Readers do not see the rest of it. */
export interface UnfinishedBatch {
  /** Position of the first record that is there. */
  readonly position: number;
  /** Records that the batch should have. */
  readonly count: number;
  /** Records that are there. */
  readonly found: number;
}

/** What {@linkcode verifyStore} found. */
export interface VerifyReport {
  readonly path: string;
  /** The whole in one word: `torn` is a crash's tail that the next writer cuts, and no damage. */
  readonly verdict: "sound" | "torn" | "damaged";
  /** Whether a writer was at work meanwhile. */
  readonly live: boolean;
  /** Whether the last writer closed the store. */
  readonly closed: boolean;
  /**
   * The mark: everything below it is known to be flushed; `undefined` where only RocketMQ wrote.
   */
  readonly mark: number | undefined;
  readonly log: LogSummary;
  /** How the log ends. */
  readonly tail: LogTail;
  readonly queues: QueueSummary;
  readonly index: IndexSummary;
  /** Atomic batches that a crash cut in two and that are not at the tail. */
  readonly unfinishedBatches: readonly UnfinishedBatch[];
  /** How often damage was found, also beyond what `findings` lists. */
  readonly damageCount: number;
  /** How many notes there were, also beyond what `findings` lists. */
  readonly noteCount: number;
  /** The first 1,000 findings of either kind. */
  readonly findings: readonly VerifyFinding[];
}

const LISTED_MAX = 1000;

/** Collects findings; lists the first 1,000 of each severity and counts the rest. */
export class Findings {
  /** How often damage was found. */
  damageCount = 0;
  /** How many notes there were. */
  noteCount = 0;
  readonly list: VerifyFinding[] = [];

  add(finding: VerifyFinding): void {
    const count = finding.severity === "damage" ? ++this.damageCount : ++this.noteCount;
    if (count <= LISTED_MAX) this.list.push(finding);
  }
}
