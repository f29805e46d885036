/**
 * Options and result of a job.
 *
 * @module
 */
import type { Message, Store, StoredMessage } from "../../storage/mod.ts";
import type { Selection } from "../core/mod.ts";

/** What a job reads: a topic of a store, or what {@linkcode topic} makes, whose values it gets. */
export interface TopicRef<M = StoredMessage> {
  /**
   * Store to read: the job's own, or another, opened with `readOnly` if another process writes to
   * it.
   */
  readonly store: Store;
  /** Topic to read. */
  readonly topic: string;
  /**
   * Makes of each message what the job gets, the message itself when left out. What it gives
   * `undefined` for is passed over and counted; what it throws ends the job.
   */
  readonly decode?: (message: StoredMessage) => M | undefined | Promise<M | undefined>;
}

/** When a job saves. Whichever comes first. */
export interface CheckpointInterval {
  /**
   * Messages since the last checkpoint.
   *
   * @default {10000}
   */
  readonly count?: number;
  /**
   * Time since the first message after the last checkpoint, ms.
   *
   * @default {1000}
   */
  readonly ms?: number;
}

/** What the processing of one message is given beside the message. */
export interface ProcessContext<State> {
  /** State after the messages before this one. */
  readonly state: State;
  /**
   * Appends a message to the job's store, together with the next checkpoint. It is taken in the
   * call: its bytes may be used again. Throws a `TypeError` for a message that the store would
   * refuse, and once `process` is done.
   */
  readonly emit: (message: Message) => void;
  /**
   * Aborts when the job is to end: with its signal, or when a store of the job is closed or fails.
   */
  readonly signal: AbortSignal;
}

/** Options of {@linkcode job}. */
export interface JobOptions<State, M = StoredMessage> extends Selection {
  /** Name of the job, 1 to 100 characters of `A-Z a-z 0-9 _ -`; it names the checkpoints, too. */
  readonly name: string;
  /** What it reads. It sees only what is on the disk. */
  readonly source: TopicRef<M>;
  /** Store that takes outputs and checkpoints; this process must be its writer. */
  readonly store: Store;
  /**
   * Makes the state of a job that starts for the first time, at once: a promise is a `TypeError`.
   */
  readonly initialState: () => State;
  /**
   * Does one message: changes `state` or returns a new one, and calls `emit` for what is to be
   * written. Other effects are not part of the checkpoint, and happen again after a crash. Pass
   * `signal` on to what it waits for, so that the job can end.
   */
  readonly process: (
    message: M,
    context: ProcessContext<State>,
  ) => State | void | Promise<State | void>;
  /** When to save; also before the outputs fill a quarter of a segment. */
  readonly checkpointEvery?: CheckpointInterval;
  /**
   * Ends the job: it saves what it has done, then rejects with the signal's reason. A message that
   * is under way has half a second to be done. If it fails or takes longer, nothing since the last
   * checkpoint is saved, and the next run does it again.
   */
  readonly signal?: AbortSignal;
}

/** What {@linkcode job} gives. */
export interface JobResult<State> {
  /** State after the last message. */
  readonly state: State;
  /** Messages that this run has done. */
  readonly messageCount: number;
  /** Messages that this run has passed over, because their values did not fit. */
  readonly skippedCount: number;
  /** Number of the newest checkpoint; 0 if there is none. */
  readonly checkpointId: number;
}
