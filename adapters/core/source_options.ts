/**
 * What a source reads and how.
 *
 * @module
 */
import type { Durability, From, ReadOptions, Time, WaitOptions } from "../../storage/mod.ts";

/**
 * Options of {@linkcode source}. A group starts at `from` or `since` only in queues that it never
 * read.
 */
export interface SourceOptions extends ReadOptions {
  /**
   * Where to start in existing queues: an offset, or an end; not together with `since`. Later
   * queues, and all if both are left out, are read from their beginning.
   */
  readonly from?: From;
  /** Start at the first message of each queue that was stored then or later. */
  readonly since?: Time;
  /**
   * Leave out what was stored then or later. A source that follows ends when each queue has come to
   * such a message.
   */
  readonly until?: Time;
  /** What may be seen; `"committed"` when left out. With a `group` it is always `"flushed"`. */
  readonly visibility?: Durability;
  /** Queues to read; all of the topic when left out, later ones too. */
  readonly queueIds?: readonly number[];
  /**
   * Name of a group whose progress is kept: reading goes on after the last message that was done.
   * One source at a time reads a queue for a group, in whatever process: a `readOnly` store can,
   * too, beside the writer.
   */
  readonly group?: string;
  /**
   * At the end, wait for more instead of ending. By default a source with a `group` follows and one
   * without ends. One that ends has read what was there when it began, delayed messages that were
   * due among it; a `readOnly` store shows what its writer has delivered.
   */
  readonly follow?: boolean;
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

/** Options of {@linkcode sourceBytes}. Bytes do not tell their message, so there is no group. */
export interface SourceBytesOptions extends Omit<SourceOptions, "group"> {
  /**
   * What stands behind each body.
   *
   * @default {"\n"}
   */
  readonly delimiter?: string;
}

/** Which messages of a topic are read, and when that ends. */
export interface Selection extends WaitOptions {
  /**
   * Where to start in queues that were never read: an offset, or an end; not together with `since`.
   * Later queues, and all if both are left out, are read from their beginning.
   */
  readonly from?: From;
  /** Start at the first message of each such queue that was stored then or later. */
  readonly since?: Time;
  /** Queues to read; all of the topic when left out, later ones too. */
  readonly queueIds?: readonly number[];
  /** Only messages with one of these tags. */
  readonly tags?: string | readonly string[];
  /**
   * At the end, wait for more instead of ending.
   *
   * @default {true}
   */
  readonly follow?: boolean;
}
