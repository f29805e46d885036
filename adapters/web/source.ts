/**
 * A topic as a `ReadableStream` and an `AsyncIterable`.
 *
 * @module
 */
import { bag, boolean, checkCall, type Door, door } from "../../storage/arguments/mod.ts";
import type { Store, StoredMessage } from "../../storage/mod.ts";
import {
  DONE_DOOR,
  DoneIterator,
  SOURCE_DOOR,
  SourceCore,
  type SourceOptions,
} from "../core/mod.ts";
import { SourceEnd } from "./source_end.ts";
import { IteratedSource } from "./source_iterator.ts";

/**
 * Makes a stream of the messages of a topic.
 *
 * The messages of a queue come in order; those of several queues in the order of the log, as far as they
 * are there to be read.
 *
 * - Without a `group` it reads what there is and ends, or with `follow` waits for more.
 * - With a `group` it goes on where the group was, follows unless told not to, and sees only what is on the
 *   disk. `for await` commits a message when the next one is asked for, so a message whose
 *   handling was interrupted comes again. A pipe pulls ahead of its writer: call `done(message)` there.
 * - When the store is closed, a source that follows ends; one that does not fails. If the store had failed, both fail.
 * - Leaving the loop, `cancel()`, `signal` and disposal give the group back at once. A pipe that has
 *   reached its end gives it back with the commit of the last message.
 *
 * @example Usage
 * ```ts ignore
 * for await (const message of source(store, "orders", { group: "billing" })) {
 *   await bill(message.json());
 * }
 * ```
 *
 * @param store Store to read.
 * @param topic Topic to read.
 * @param options Queues, start, group and the rest.
 * @returns The stream.
 * @throws {GroupBusyError} If another source of the store reads a queue for the group.
 * @throws {ReadOnlyError} If there is a group and the store was opened with `readOnly`.
 * @throws {OffsetOutOfRangeError} If the start, or the group's progress, is not in the log.
 * @throws {TypeError} If a group is to see more than what is flushed, there is no such option, or one has the wrong type.
 * @throws {RangeError} If `limit`, `from` or a queue is no whole number of 0 or more.
 * @throws The reason of `signal`, if it was aborted before.
 */
export function source(store: Store, topic: string, options: SourceOptions = {}): Source {
  return new Source(store, topic, options);
}

/** How a {@linkcode Source} is iterated over. Not the type of browsers, which not every runtime declares. */
export interface SourceIteratorOptions {
  /**
   * Leaving the loop leaves the stream open for others.
   *
   * @default {false}
   */
  readonly preventCancel?: boolean;
}

/** Arguments of `values()` of a source. */
export const VALUES_DOOR: Door<[options?: SourceIteratorOptions]> = door("read source", "options", [
  bag<SourceIteratorOptions>({ preventCancel: boolean(false) }),
]);

/** Iterates over a {@linkcode Source}. It can be disposed of, as the declarations of browsers want it. */
export interface SourceIterator extends AsyncIterableIterator<StoredMessage>, AsyncDisposable {
  /** The iterator itself. */
  [Symbol.asyncIterator](): SourceIterator;
}

/** The stream that {@linkcode source} makes. Leaving the scope of `await using` ends it. */
export class Source extends ReadableStream<StoredMessage> implements AsyncDisposable {
  readonly #end: SourceEnd;
  readonly #group: string | undefined;

  /** Makes a source; {@linkcode source} says what it does and what it throws. */
  constructor(store: Store, topic: string, options: SourceOptions = {}) {
    checkCall(SOURCE_DOOR, store, topic, options);
    options.signal?.throwIfAborted();
    const end = new SourceEnd(new SourceCore(store, topic, options), options.signal);
    // Nothing is read ahead: what a stream prefetched would have to be told from what was asked for.
    super({
      start: (controller) => end.listen(controller),
      pull: (controller) => end.pull(controller),
      cancel: () => end.stop(),
    }, { highWaterMark: 0 });
    this.#end = end;
    this.#group = options.group;
  }

  /**
   * Records that the group has done everything of the message's queue up to and including it. Never goes
   * back. Survives a crash of the process within `groupIntervalMs`.
   *
   * @param message A message of this source.
   * @throws {TypeError} If the source has no group, or gave it back.
   */
  done(message: StoredMessage): void {
    checkCall(DONE_DOOR, message);
    if (this.#group === undefined) {
      throw new TypeError(
        "Cannot say that a message is done: the source has no group; make it with one",
      );
    }
    this.#end.core.done(message);
  }

  /** Iterates over the messages; with a group, asking for the next one commits the one before. */
  override [Symbol.asyncIterator](
    options: SourceIteratorOptions = {},
  ): SourceIterator {
    return this.values(options);
  }

  /** The same as iterating over the source. */
  override values(
    options: SourceIteratorOptions = {},
  ): SourceIterator {
    checkCall(VALUES_DOOR, options);
    const iterated = new IteratedSource(this.getReader(), this.#end);
    return new DoneIterator(iterated, options.preventCancel ?? false);
  }

  /** Ends the stream for whoever reads it, and gives the group back. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#end.close();
    return Promise.resolve();
  }
}
