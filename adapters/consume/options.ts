/**
 * Options and result of consuming.
 *
 * @module
 */
import type { Store, StoredMessage } from "../../storage/mod.ts";
import type { Selection } from "../core/mod.ts";

/** What becomes of a message that `handle` fails for. */
export interface RetryOptions {
  /**
   * How often a message is tried again. With 0 it is a dead letter at once.
   *
   * @default {16}
   */
  readonly limit?: number;
  /**
   * How long a message waits after its failed try number `attempt`, ms: 0 or more. It is rounded up
   * to one of RocketMQ's levels, as `delayMs` of a message: 2, 4, 8 and 16 s become 5, 5, 10 and 30
   * s. More than two hours is two hours; fractions are taken. What is no such number, `NaN` too,
   * ends the run. When left out 10 s after the first, 30 s after the second, then 1 to 10, 20, 30
   * minutes, an hour, two hours.
   */
  readonly delayMs?: (attempt: number) => number;
  /**
   * After the last try, put the message into `%DLQ%<group>` and go on. If not, what `handle` has
   * thrown ends the run, and the message stays where it was.
   *
   * @default {true}
   */
  readonly deadLetter?: boolean;
}

/** What `handle` is given beside the message. */
export interface HandleContext {
  /** Number of the try, from 1. */
  readonly attempt: number;
  /** Aborts when the run is to end. */
  readonly signal: AbortSignal;
}

/**
 * Options of {@linkcode consume}. What selects messages (`from`, `since`, `queueIds`, `tags`) does
 * so in the topic; what was sent back is handled all.
 */
export interface ConsumeOptions<M = StoredMessage> extends Selection {
  /**
   * Name of the group, of 248 characters at most. Its progress is kept in the store, and it has the
   * topics `%RETRY%<group>` and `%DLQ%<group>`, which it cannot consume itself.
   */
  readonly group: string;
  /**
   * Handles one message, which is done when what it returns has settled. If it throws or rejects,
   * the message is tried again later.
   */
  readonly handle: (message: M, context: HandleContext) => unknown;
  /**
   * Messages that are handled at the same time, at most.
   *
   * @default {1}
   */
  readonly concurrency?: number;
  /**
   * What is handled one after the other: the messages of a queue, or those that have a key in
   * common; messages without a key are in no order then. One that is tried again has left its
   * place.
   *
   * @default {"queue"}
   */
  readonly order?: "queue" | "key";
  /** What becomes of a message that `handle` fails for. */
  readonly retry?: RetryOptions;
  /**
   * Store that takes what is sent back; this process must be its writer. Needed if the first one
   * was opened with `readOnly`; that one when left out.
   */
  readonly into?: Store;
  /**
   * Ends the run, which rejects with its reason. Messages that are under way have half a second to
   * be done. Those that fail or take longer are handled by the next run.
   */
  readonly signal?: AbortSignal;
}

/** What {@linkcode consume} gives. */
export interface ConsumeResult {
  /** Messages that were handled. */
  readonly doneCount: number;
  /** Copies that were put into `%RETRY%<group>`. */
  readonly retriedCount: number;
  /** Copies that were put into `%DLQ%<group>`. */
  readonly deadLetterCount: number;
  /** Messages of a typed topic that were passed over, because their values did not fit. */
  readonly skippedCount: number;
}
