/**
 * Options of a store: every one, its default and its limits.
 *
 * @module
 */
import type { Durability, Geometry } from "./types.ts";

/** When whole segments are deleted, oldest first. Never the one that is written to. */
export interface Retention {
  /**
   * Delete a segment when the first message behind it was stored longer ago than this, ms: then all
   * of its own are older. No limit when left out. Looked at when the store is opened and while it
   * is written; an idle store has no timer.
   */
  readonly maxAgeMs?: number;
  /** Delete while the log is longer than this, bytes; no limit when left out. */
  readonly maxByteLength?: number;
  /**
   * Delete also what a group has not read yet.
   *
   * @default {false}
   */
  readonly pastGroups?: boolean;
}

/** RocketMQ's knobs in RocketMQ's words; none is needed on the first day. */
export interface Tuning {
  /**
   * Length of the staging buffer, bytes.
   *
   * @default {1048576}
   */
  readonly stagingByteLength?: number;
  /**
   * Commit only when this many pages of 4096 bytes are staged, unless a call waits or the
   * thorough interval passed.
   *
   * @default {64}
   */
  readonly commitLeastPages?: number;
  /**
   * Flush only when this many pages are committed, unless a call waits or the thorough interval
   * passed.
   *
   * @default {4}
   */
  readonly flushLeastPages?: number;
  /**
   * How often to look whether to commit, ms.
   *
   * @default {1}
   */
  readonly commitIntervalMs?: number;
  /**
   * How often to look whether to flush, and the longest that the mark lags behind, ms.
   *
   * @default {500}
   */
  readonly flushIntervalMs?: number;
  /**
   * Commit whatever is staged after this long, ms.
   *
   * @default {1}
   */
  readonly commitThoroughIntervalMs?: number;
  /**
   * Flush whatever is committed, queues and index too, after this long, ms.
   *
   * @default {10000}
   */
  readonly flushThoroughIntervalMs?: number;
  /**
   * How often to write the groups' progress, ms.
   *
   * @default {1000}
   */
  readonly groupIntervalMs?: number;
  /**
   * Make a sync on the thread that appends, not on another one, while syncs are short: the last 8
   * took up to 1 ms each, and at most 64 appends wait. The event loop stands still meanwhile; the
   * way to another thread and back takes about as long.
   *
   * @default {true}
   */
  readonly inlineSync?: boolean;
  /**
   * Fill up to 512 KiB of the segment ahead of the records with zeros where short flushes follow
   * one another, on ext4 and xfs. Without, each of them also waits for an entry in the file
   * system's journal; with it, what is written that way is written twice.
   *
   * @default {true}
   */
  readonly zeroFill?: boolean;
  /**
   * Touch every page of a new segment before it is used (mapped path).
   *
   * @default {false}
   */
  readonly warmUp?: boolean;
  /**
   * Keep the active segment in memory (`mlock`; mapped path).
   *
   * @default {false}
   */
  readonly lockMemory?: boolean;
}

/** Options of {@linkcode openStore}. */
export interface OpenStoreOptions {
  /**
   * Only read: takes no lock and writes nothing, also while another process writes.
   *
   * @default {false}
   */
  readonly readOnly?: boolean;
  /**
   * Make the directory and the store where there is none.
   *
   * @default {true}
   */
  readonly create?: boolean;
  /**
   * When an append settles.
   *
   * @default {"flushed"}
   */
  readonly durability?: Durability;
  /**
   * How records reach the file: by positioned writes from a staging buffer, or by stores into a
   * mapping.
   *
   * @default {"staged"}
   */
  readonly writePath?: "staged" | "mapped";
  /**
   * File lengths of a new store by name: `"embedded"` (the default) or `"rocketmq"`, a broker's; or
   * in parts.
   */
  readonly geometry?: "embedded" | "rocketmq" | Partial<Geometry>;
  /** RocketMQ's knobs. */
  readonly tuning?: Tuning;
  /** When segments are deleted; never when left out. */
  readonly retention?: Retention;
  /**
   * What keeps reads from a foreign truncation of a segment that is mapped, which would end the
   * process.
   *
   * - `"lease"`: the kernel's read leases on sealed segments (`F_SETLEASE`). A process that
   *   truncates one waits until it is mapped no longer. Where the kernel gives none, reads go on
   *   without.
   * - `"sigbus"`: beside the leases, a handler of SIGBUS in this process, for good: what is cut off
   *   a segment while it is mapped reads as zeros and is noticed. For what no lease guards: the
   *   segment that is written to, `O_RDONLY | O_TRUNC`, file systems without leases. The handler is
   *   machine code (x86-64 only) and needs memory that may be executed.
   * - `"none"`: neither.
   *
   * @default {"lease"}
   */
  readonly guard?: "lease" | "sigbus" | "none";
  /**
   * Directories that hold the log's segments, where it is not `commitlog` below the store's
   * directory: RocketMQ's `storePathCommitLog`. A path that is not absolute is one below the
   * store's directory. A new segment goes where a broker would put it, round all of them. Must be
   * said at each opening, by readers too. They are made with a new store, and must all be there
   * with one that is there; none lies in another, or in a folder that the store keeps for something
   * else.
   */
  readonly logDirectories?: readonly string[];
  /**
   * Accept a directory that others could write to.
   *
   * @default {false}
   */
  readonly trustDirectory?: boolean;
  /** Ends the opening with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called while the log is verified at opening. Both in bytes. */
  readonly onProgress?: (
    progress: { readonly doneByteLength: number; readonly totalByteLength: number },
  ) => void;
}

/** Options that have no default. */
type Open = "logDirectories" | "signal" | "onProgress";

/** Options with every default filled in. */
export interface ResolvedOptions
  extends Required<Omit<OpenStoreOptions, Open>>, Pick<OpenStoreOptions, Open> {
  /** What the caller asked for; an existing directory wins over it. */
  readonly geometry: Partial<Geometry>;
  readonly tuning: Required<Tuning>;
}

/** Geometry of a new store unless asked otherwise: an embedded log's. */
export const EMBEDDED_GEOMETRY: Geometry = {
  segmentByteLength: 128 * 1024 * 1024,
  queueEntryCount: 50_000,
  indexSlotCount: 250_000,
  indexEntryCount: 1_000_000,
  maxBodyByteLength: 4 * 1024 * 1024,
};

/** Geometry of a broker's store: the defaults of RocketMQ's `MessageStoreConfig`. */
export const ROCKETMQ_GEOMETRY: Geometry = {
  segmentByteLength: 1024 * 1024 * 1024,
  queueEntryCount: 300_000,
  indexSlotCount: 5_000_000,
  indexEntryCount: 20_000_000,
  maxBodyByteLength: 4 * 1024 * 1024,
};

/**
 * Fills in what neither the caller nor the directory decided.
 *
 * @param asked What is decided.
 * @returns A whole geometry. A limit that was left out shrinks to what a segment holds.
 */
export function completeGeometry(asked: Partial<Geometry>): Geometry {
  const geometry = { ...EMBEDDED_GEOMETRY, ...asked };
  const room = Math.max(1, geometry.segmentByteLength - 8);
  return { ...geometry, maxBodyByteLength: Math.min(geometry.maxBodyByteLength, room) };
}
