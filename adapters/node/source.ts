/**
 * A topic as a `Readable` of `node:stream`.
 *
 * @module
 */
import { getDefaultHighWaterMark, Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { checkCall } from "../../storage/arguments/mod.ts";
import type { Store, StoredMessage } from "../../storage/mod.ts";
import {
  asGiven,
  BatchFeed,
  ByteFeed,
  checkedDone,
  DoneIterator,
  type IteratedStream,
  type MessageFeed,
  SOURCE_BATCHES_DOOR,
  type SourceBatchesOptions,
  SourceCore,
} from "../core/mod.ts";
import { FedReadable } from "./fed_readable.ts";
import {
  ITERATOR_DOOR,
  SOURCE_BYTES_DOOR,
  SOURCE_DOOR,
  type SourceBytesOptions,
  type SourceOptions,
} from "./options.ts";

/**
 * Makes a `Readable` of the messages of a topic.
 *
 * The messages of a queue come in order; those of several queues in the order of the log, as far as
 * they are there to be read.
 *
 * - Without a `group` it reads what there is and ends, or with `follow` waits for more.
 * - With a `group` it goes on where the group was, follows unless told not to, and sees only what
 *   is on the disk. In a `for await` a message is done when the next one is asked for, so a message
 *   whose handling was interrupted comes again. Pipes, `pipeline()` with whatever stands in it,
 *   `'data'` and the stream's own operators (`map()`, `forEach()`, ...) ask ahead of the work: call
 *   `done(message)` there. So must a generator of yours that yields messages on to who asks ahead,
 *   and looks like a loop that works.
 * - The store may be one that was opened with `readOnly`, while another process writes: a queue is
 *   read for a group by one source at a time, in whatever process.
 * - When the store is closed, a source that follows ends; one that does not fails. If the store had
 *   failed, both fail.
 * - Leaving the loop, `destroy()`, `signal` and disposal give the group back at once. A source that
 *   was read to its end gives it back when the last message is done.
 *
 * @example A group that goes on where it was
 * ```ts
 * import { openStore } from "@streambed/log";
 * import { type Source, source } from "@streambed/log/node";
 * import assert from "node:assert/strict";
 *
 * await using store = await openStore("./node-source");
 * await store.appendAll(["one", "two", "three"].map((body) => ({ topic: "orders", body })));
 *
 * for await (const message of source(store, "orders", { group: "billing", limit: 2 })) {
 *   assert.equal(message.topic, "orders");
 * }
 * const rest: Source = source(store, "orders", { group: "billing", follow: false });
 * assert.deepEqual(await rest.map((message) => message.text()).toArray(), ["three"]);
 * ```
 *
 * @param store Store to read.
 * @param topic Topic to read.
 * @param options Queues, start, group, mark and the rest.
 * @returns The stream.
 * @throws {StoreError<"GROUP_BUSY">} If a source in any process reads a queue for the group.
 * @throws {StoreError<"PERMISSION_DENIED">} If there is a group, and a store that was opened with
 * `readOnly` may not write into its `streambed/groups`.
 * @throws {StoreError<"OFFSET_OUT_OF_RANGE">} If the start, or the group's progress, is not in the
 * log.
 * @throws {TypeError} If a group is to see more than what is flushed, or an option is unknown or
 * of the wrong type.
 * @throws {RangeError} If `limit`, `from`, `highWaterMark` or a queue is not a whole number of 0
 * or more.
 * @throws The reason of `signal`, if it was aborted before.
 */
export function source(store: Store, topic: string, options: SourceOptions = {}): Source {
  checkCall(SOURCE_DOOR, store, topic, options);
  return new NodeSource(new SourceCore(store, topic, options), options);
}

/**
 * Makes a `Readable` of batches of messages: what is in memory together comes together. One batch
 * is read ahead.
 *
 * It does what {@linkcode source} does, batch by batch: with a `group`, a batch is done when a loop
 * asks for the next one, and `done()` takes a batch. `limit` counts messages.
 *
 * @example Batches
 * ```ts
 * import { openStore } from "@streambed/log";
 * import { sourceBatches } from "@streambed/log/node";
 * import assert from "node:assert/strict";
 *
 * await using store = await openStore("./node-batches");
 * await store.appendAll(["one", "two"].map((body) => ({ topic: "orders", body })));
 *
 * const texts: string[] = [];
 * for await (const batch of sourceBatches(store, "orders")) {
 *   texts.push(...batch.map((message) => message.text()));
 * }
 * assert.deepEqual(texts, ["one", "two"]);
 * ```
 *
 * @param store Store to read.
 * @param topic Topic to read.
 * @param options Queues, start, group and the rest, and how many messages a batch has at most.
 * @returns The stream.
 * @throws What {@linkcode source} throws.
 */
export function sourceBatches(
  store: Store,
  topic: string,
  options: SourceBatchesOptions = {},
): Source<readonly StoredMessage[]> {
  checkCall(SOURCE_BATCHES_DOOR, store, topic, options);
  const { batchCount, signal } = options;
  const feed = new BatchFeed(new SourceCore(store, topic, options), batchCount);
  return new NodeSource(feed, { signal, highWaterMark: 1 });
}

/**
 * Makes a `Readable` of the bodies of a topic as bytes, with a delimiter behind each. A chunk is
 * some bodies, whole, in a buffer of its own.
 *
 * It reads and ends as {@linkcode source} without a group does. A body that holds the delimiter is
 * not marked: who cuts there finds more than one.
 *
 * @example A topic as a file of lines
 * ```ts ignore
 * await pipeline(sourceBytes(store, "orders"), createWriteStream("orders.ndjson"));
 * ```
 *
 * @param store Store to read.
 * @param topic Topic to read.
 * @param options Delimiter, queues, start and the rest.
 * @returns The stream.
 * @throws What {@linkcode source} throws.
 */
export function sourceBytes(
  store: Store,
  topic: string,
  options: SourceBytesOptions = {},
): Readable {
  checkCall(SOURCE_BYTES_DOOR, store, topic, options);
  const { delimiter, highWaterMark = getDefaultHighWaterMark(false), signal } = options;
  const feed = new ByteFeed(new SourceCore(store, topic, options), highWaterMark, delimiter);
  return new FedReadable(feed, { highWaterMark, signal });
}

/** The stream that {@linkcode source} makes. Leaving the scope of `await using` destroys it. */
export interface Source<M = StoredMessage> extends Readable {
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
   * done, unless the source stands in a `pipeline()`.
   */
  [Symbol.asyncIterator](): AsyncIteratorObject<M, undefined, unknown>;
  /**
   * The same as iterating over the source; `destroyOnReturn` says whether leaving the loop destroys
   * it.
   */
  iterator(
    options?: { readonly destroyOnReturn?: boolean },
  ): AsyncIteratorObject<M, undefined, unknown>;
  /** Ends the stream, before its end or behind it, and gives the group back. */
  destroy(error?: Error): this;
  /**
   * Destroys the stream, gives the group back and waits for `'close'`. A loop over the source ends
   * in order. A source that failed has told so already, so this does not fail.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Operators of `Readable` that ask for the next message before they know whether the last one is
 * done.
 */
const OPERATORS = [
  "drop",
  "every",
  "filter",
  "find",
  "flatMap",
  "forEach",
  "map",
  "reduce",
  "some",
  "take",
  "toArray",
] as const;

class NodeSource<M> extends FedReadable<M> implements Source<M> {
  readonly #feed: MessageFeed<M>;
  #isDisposed = false;

  static {
    for (const name of OPERATORS) {
      const operator: (...args: never[]) => unknown = Readable.prototype[name];
      Object.defineProperty(NodeSource.prototype, name, {
        value(this: NodeSource<unknown>, ...args: never[]): unknown {
          return Reflect.apply(operator, this.#undone(), args);
        },
        configurable: true,
        writable: true,
      });
    }
  }

  constructor(
    feed: MessageFeed<M>,
    { highWaterMark, signal }: Pick<SourceOptions, "highWaterMark" | "signal">,
  ) {
    super(feed, { objectMode: true, highWaterMark, signal });
    this.#feed = feed;
  }

  done(message: M): void {
    checkedDone(this.#feed, message);
  }

  override [Symbol.asyncIterator](): AsyncIteratorObject<M, undefined, unknown> {
    return this.iterator();
  }

  override iterator(
    options: { readonly destroyOnReturn?: boolean } = {},
  ): AsyncIteratorObject<M, undefined, unknown> {
    checkCall(ITERATOR_DOOR, options);
    if (this.#feed.core.group !== undefined && standsInPipeline(this)) {
      return super.iterator(options);
    }
    const iterated = this.#iterated(super.iterator(options));
    return new DoneIterator(this.#feed, iterated, options.destroyOnReturn === false, asGiven);
  }

  override destroy(error?: Error): this {
    if (this.destroyed) this.#feed.core.stop();
    return super.destroy(error);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#feed.core.stop();
    this.destroy();
    await finished(this as Readable).catch(() => undefined);
  }

  /**
   * Takes messages by the stream's own iterator, which fails when the stream is destroyed, and past
   * it what the stream has at hand.
   */
  #iterated(messages: AsyncIterator<M>): IteratedStream<M> {
    let isLeft = false;
    let hasStarted = false;
    const wait = async (): Promise<M | undefined> => {
      try {
        const { done, value } = await messages.next();
        return done ? undefined : value;
      } catch (error) {
        if (isLeft || this.#isDisposed) return undefined;
        throw error;
      }
    };
    return {
      take: () => {
        // An iterator that has not started watches nothing, and ends nothing when it is left.
        const ready: M | null = hasStarted && !this.destroyed ? this.read() : null;
        hasStarted = true;
        return ready ?? wait();
      },
      // The stream's own iterator would first wait for a message.
      leave: () => {
        isLeft = true;
        this.destroy();
      },
      release: () => void messages.return?.(),
    };
  }

  /** The same stream, whose iterator says nothing of what is done. */
  #undone(): Readable {
    const iterate = (): AsyncIterator<M> => super.iterator();
    return Object.create(this, { [Symbol.asyncIterator]: { value: iterate } });
  }
}

/**
 * Whether `pipeline()` reads the stream: a generator in it asks for the next message while those
 * before wait further down. `pipeline()` alone leaves more listeners for 'close' than for 'finish',
 * which it watches on every stream; `finished()` and an iterator leave as many of each.
 */
function standsInPipeline(stream: Readable): boolean {
  const watcherCount = stream.listenerCount("finish");
  return watcherCount > 0 && stream.listenerCount("close") > watcherCount;
}
