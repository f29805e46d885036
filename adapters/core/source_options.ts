/**
 * What a source reads and how.
 *
 * @module
 */
import type { Durability, From } from "../../storage/mod.ts";

/** Options of {@linkcode source}. */
export interface SourceOptions {
  /** Queues to read; all of the topic when left out, those that come later too. */
  readonly queueIds?: readonly number[];
  /**
   * Where to start: an offset or an end, the same for all queues that are there; those that come later are read from
   * their beginning. A group starts there only in queues that it never read.
   *
   * @default {"earliest"}
   */
  readonly from?: From;
  /** How many messages at most; no limit when left out. */
  readonly limit?: number;
  /** At the end, wait for more instead of ending. Left out, a source with a `group` follows and one without ends. */
  readonly follow?: boolean;
  /** Only messages with one of these tags. */
  readonly tags?: string | readonly string[];
  /**
   * Name of a group whose progress is kept: reading goes on after the last message that was done. One source
   * of the store reads a queue for a group at a time, and a `readOnly` store has no groups.
   */
  readonly group?: string;
  /** Errors the source with the signal's reason, and gives the group back. */
  readonly signal?: AbortSignal;
  /** What may be seen; `"committed"` when left out. With a `group` it is always `"flushed"`. */
  readonly visibility?: Durability;
}

/** Options of {@linkcode sourceBatches}. */
export interface SourceBatchesOptions extends SourceOptions {
  /**
   * Messages of a batch, at most.
   *
   * @default {256}
   */
  readonly batchCount?: number;
}

/** Options of {@linkcode sourceBytes}. Bytes do not say of which message they are, so there is no group. */
export interface SourceBytesOptions extends Omit<SourceOptions, "group"> {
  /**
   * What stands behind each body.
   *
   * @default {"\n"}
   */
  readonly delimiter?: string;
}
