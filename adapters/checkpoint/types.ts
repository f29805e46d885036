/**
 * Checkpoints as a job sees them.
 *
 * @module
 */
import type { AppendAllResult, Message, WaitOptions } from "../../storage/mod.ts";

/**
 * How far a job has read its sources: where to go on, by a name of the job's choice for each
 * source. A number is an offset; a text is a place in the source's own words.
 */
export type SourceOffsets = Readonly<Record<string, number | string>>;

/** What {@linkcode Checkpoints.save} takes. */
export interface CheckpointInput<State> {
  /** How far the sources are read. */
  readonly offsets: SourceOffsets;
  /**
   * State after everything before `offsets`: bytes, or plain objects, arrays, `Map`, `Set`, `Date`,
   * typed arrays, primitives and references among them, at most 1000 levels deep. It comes back as
   * it was, but not frozen, and a view of a part of a buffer has a buffer of its own.
   * docs/adapters.md lists it all.
   */
  readonly state: State;
  /** Messages to append in the same step. They are taken in the call, each when it is yielded. */
  readonly outputs?: Iterable<Message>;
}

/** What {@linkcode Checkpoints.save} gives. */
export interface SavedCheckpoint {
  /** Number of the checkpoint; counts up within the job. */
  readonly id: number;
  /** Where the outputs went, in order. */
  readonly outputs: AppendAllResult;
}

/** A checkpoint with what it holds. */
export interface Checkpoint<State> {
  /** Number of the checkpoint; counts up within the job. */
  readonly id: number;
  /** When it was stored, ms since epoch. */
  readonly storeTimestamp: number;
  /** How far the sources were read. */
  readonly offsets: SourceOffsets;
  /** State after everything before `offsets`. */
  readonly state: State;
}

/** A checkpoint as {@linkcode Checkpoints.list} lists it. */
export interface CheckpointSummary<State> {
  /** Number of the checkpoint; counts up within the job. */
  readonly id: number;
  /** When it was stored, ms since epoch. */
  readonly storeTimestamp: number;
  /** Length of offsets and state as they are stored, bytes. */
  readonly byteLength: number;
  /** Reads it. Throws a {@linkcode StoreError} of code `CORRUPTED` if it cannot be decoded. */
  load(options?: WaitOptions): Promise<Checkpoint<State>>;
}

/** Options of {@linkcode openCheckpoints}. */
export interface CheckpointsOptions extends WaitOptions {
  /**
   * Only look: another part of the process may save. Always so on a `readOnly` store.
   *
   * @default {false}
   */
  readonly readOnly?: boolean;
}

/** The checkpoints of one job. Leaving the scope of `await using` lets another take over. */
export interface Checkpoints<State> extends AsyncDisposable {
  /** Name of the job. */
  readonly job: string;
  /**
   * Reads the newest checkpoint; `undefined` if there is none or the job was dropped.
   *
   * @throws {StoreError<"CORRUPTED">} If it cannot be decoded.
   */
  newest(options?: WaitOptions): Promise<Checkpoint<State> | undefined>;
  /**
   * Saves outputs, offsets and state in one step: after a crash all of it is there, or none.
   * Settles when it is on the disk. State is taken as it is at the call; saves that overlap are
   * done in turn.
   *
   * @param options A signal that ends the wait; what was handed over by then is saved all the same.
   * @returns The checkpoint's number, and where the outputs went.
   * @throws {StoreError<"MESSAGE_TOO_LARGE">} If offsets and state need more than half a segment,
   * or all of it more than one.
   * @throws {TypeError} If one of `offsets` is neither an offset nor a text, a member is unknown,
   * the state is left out, or it holds what cannot be stored: a function, a symbol, an object of a
   * class.
   * @throws {StoreError<"READ_ONLY">} If it was opened only to look.
   */
  save(
    input: CheckpointInput<State>,
    options?: WaitOptions,
  ): Promise<SavedCheckpoint>;
  /**
   * Lists the checkpoints that are still in the log, newest first: as many as `keep()` says, from
   * after the last drop.
   */
  list(options?: WaitOptions): Promise<CheckpointSummary<State>[]>;
  /**
   * Keeps only the newest checkpoints from now on. The others are not listed any more; their bytes
   * go with the log's segments. (When segments are deleted, the newest checkpoint alone is carried
   * forward.)
   *
   * @param count How many, 1 or more.
   * @param options A signal that ends the wait.
   * @throws {RangeError} If `count` is not a whole number above 0.
   * @throws {StoreError<"READ_ONLY">} If it was opened only to look.
   */
  keep(count: number, options?: WaitOptions): Promise<void>;
  /**
   * Ends the job: its checkpoints are gone, durably, and the log may let them go. Saving starts it
   * anew; numbers go on.
   *
   * @throws {StoreError<"READ_ONLY">} If it was opened only to look.
   */
  drop(options?: WaitOptions): Promise<void>;
}
