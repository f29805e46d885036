/**
 * The `ReadableStream` of a source, whatever its chunks are.
 *
 * @module
 */
import { bag, boolean, checkCall, type Door, door } from "../../../storage/arguments/mod.ts";
import type { StoredMessage, WaitOptions } from "../../../storage/mod.ts";
import { asGiven, checkedDone, DoneIterator, type MessageFeed } from "../../core/mod.ts";
import { IteratedSource, SourceEnd } from "./source_end.ts";

/** Messages that a stream without a group is handed at once, at most. */
export const BLOCK_COUNT = 64;

/** A stream asks for nothing before it is read. */
export const NOTHING_AHEAD: { readonly highWaterMark: 0 } = { highWaterMark: 0 };

/**
 * How a {@linkcode Source} is iterated over. Not the type of browsers, which not every runtime
 * declares.
 */
export interface SourceIteratorOptions {
  /**
   * Leaving the loop leaves the stream open for others.
   *
   * @default {false}
   */
  readonly preventCancel?: boolean;
}

export const VALUES_DOOR: Door<[options?: SourceIteratorOptions]> = door("read source", "options", [
  bag<SourceIteratorOptions>({ preventCancel: boolean(false) }),
]);

/**
 * Iterates over a {@linkcode Source}. It can be disposed of, as the declarations of browsers want
 * it.
 */
export interface SourceIterator<M> extends AsyncIterableIterator<M>, AsyncDisposable {
  /** The iterator itself. */
  [Symbol.asyncIterator](): SourceIterator<M>;
}

/** The stream that {@linkcode source} makes. Leaving the scope of `await using` ends it. */
export interface Source<M = StoredMessage> extends ReadableStream<M>, AsyncDisposable {
  /**
   * Records that the group has done everything of the message's queue up to and including it. Never
   * goes back. Survives a crash of the process within `groupIntervalMs`.
   *
   * @param message A message of this source; of a source of batches, a batch.
   * @throws {TypeError} If the source has no group, or gave it back.
   */
  done(message: M): void;
  /**
   * Iterates over the messages; with a group, asking for the next one says that the one before is
   * done.
   */
  [Symbol.asyncIterator](options?: SourceIteratorOptions): SourceIterator<M>;
  /** The same as iterating over the source. */
  values(options?: SourceIteratorOptions): SourceIterator<M>;
  /**
   * Ends the stream and whatever reads it, and gives the group back. What a source without a group
   * has read ahead, who reads it still gets: 63 messages at most.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The stream of what a feed gives. */
export class WebSource<M> extends ReadableStream<M> implements Source<M> {
  readonly #feed: MessageFeed<M>;
  readonly #end: SourceEnd<M>;

  constructor(feed: MessageFeed<M>, { signal }: WaitOptions, blockCountMax: number = 1) {
    const end = new SourceEnd(feed, signal, feed.core.group === undefined ? blockCountMax : 1);
    super(end, NOTHING_AHEAD);
    this.#feed = feed;
    this.#end = end;
  }

  done(message: M): void {
    checkedDone(this.#feed, message);
  }

  override [Symbol.asyncIterator](options: SourceIteratorOptions = {}): SourceIterator<M> {
    return this.values(options);
  }

  override values(options: SourceIteratorOptions = {}): SourceIterator<M> {
    checkCall(VALUES_DOOR, options);
    const iterated = new IteratedSource(this.#end, this.getReader());
    return new DoneIterator(this.#feed, iterated, options.preventCancel ?? false, asGiven);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#end.close();
    return Promise.resolve();
  }
}
