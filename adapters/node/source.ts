/**
 * A topic as a `Readable` of `node:stream`.
 *
 * @module
 */
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { checkCall } from "../../storage/arguments/mod.ts";
import type { Store, StoredMessage } from "../../storage/mod.ts";
import { DONE_DOOR, DoneIterator, SourceCore } from "../core/mod.ts";
import { byteSource } from "./byte_source.ts";
import { IteratedSource } from "./iterated_source.ts";
import { ITERATOR_DOOR, SOURCE_DOOR, type SourceOptions } from "./options.ts";
import { SourcePump } from "./source_pump.ts";

/**
 * Makes a `Readable` of the messages of a topic, or of their bodies with `objectMode: false`.
 *
 * The messages of a queue come in order; those of several queues in the order of the log, as far as they
 * are there to be read.
 *
 * - Without a `group` it reads what there is and ends, or with `follow` waits for more.
 * - With a `group` it goes on where the group was, follows unless told not to, and sees only what is on the
 *   disk. `for await` commits a message when the next one is asked for, so a message whose
 *   handling was interrupted comes again. Pipes, `'data'` and the stream's own operators (`map()`, `forEach()`, ...) ask ahead
 *   of the work: call `done(message)` there.
 * - When the store is closed, a source that follows ends; one that does not fails. If the store had failed, both fail.
 * - Leaving the loop, `destroy()`, `signal` and disposal give the group back at once. A source that was read to its end
 *   gives it back with the commit of the last message.
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
 * @param options Queues, start, group, mode and the rest.
 * @returns The stream.
 * @throws {GroupBusyError} If another source of the store reads a queue for the group.
 * @throws {ReadOnlyError} If there is a group and the store was opened with `readOnly`.
 * @throws {OffsetOutOfRangeError} If the start, or the group's progress, is not in the log.
 * @throws {TypeError} If a group is to see more than what is flushed, or nothing but bytes; if there is no such option, or one
 * has the wrong type.
 * @throws {RangeError} If `limit`, `from`, `highWaterMark` or a queue is no whole number of 0 or more.
 * @throws The reason of `signal`, if it was aborted before.
 */
export function source(
  store: Store,
  topic: string,
  options: SourceOptions & { readonly objectMode: false },
): Readable;
/** The same, of whole messages. */
export function source(
  store: Store,
  topic: string,
  options?: SourceOptions & { readonly objectMode?: true },
): Source;
/** The same, in the mode that the options say. */
export function source(store: Store, topic: string, options: SourceOptions): Source | Readable;
export function source(
  store: Store,
  topic: string,
  options: SourceOptions = {},
): Source | Readable {
  checkCall(SOURCE_DOOR, store, topic, options);
  return options.objectMode === false
    ? byteSource(store, topic, options)
    : new Source(store, topic, options);
}

/** Operators of `Readable` that ask for the next message before they know what became of the one before. */
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

/** The stream that {@linkcode source} makes. Leaving the scope of `await using` destroys it. */
export class Source extends Readable implements AsyncDisposable {
  readonly #core: SourceCore;
  readonly #pump: SourcePump;
  readonly #group: string | undefined;
  #isDisposed = false;

  static {
    for (const name of OPERATORS) {
      const operator: (...args: never[]) => unknown = Readable.prototype[name];
      Object.defineProperty(Source.prototype, name, {
        value(this: Source, ...args: never[]): unknown {
          return Reflect.apply(operator, this.#uncommitted(), args);
        },
        configurable: true,
        writable: true,
      });
    }
  }

  /** Makes a source of messages; {@linkcode source} says what it does and what it throws. */
  constructor(store: Store, topic: string, options: SourceOptions = {}) {
    checkCall(SOURCE_DOOR, store, topic, options);
    const { highWaterMark, signal } = options;
    signal?.throwIfAborted();
    super({ objectMode: true, highWaterMark });
    this.#core = new SourceCore(store, topic, options);
    this.#pump = new SourcePump(this, this.#core, (message) => message, signal);
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
    this.#core.done(message);
  }

  /** Iterates over the messages; with a group, asking for the next one commits the one before. */
  override [Symbol.asyncIterator](): AsyncIteratorObject<StoredMessage, undefined, unknown> {
    return this.iterator();
  }

  /** The same as iterating over the source; `destroyOnReturn` says whether leaving the loop destroys it. */
  override iterator(
    options: { readonly destroyOnReturn?: boolean } = {},
  ): AsyncIteratorObject<StoredMessage, undefined, unknown> {
    checkCall(ITERATOR_DOOR, options);
    const iterated = new IteratedSource(this, this.#core, {
      messages: super.iterator(options),
      isEnded: () => this.#isDisposed,
    });
    return new DoneIterator(iterated, options.destroyOnReturn === false);
  }

  /** Reads on. Called by the stream. */
  override _read(): void {
    void this.#pump.read();
  }

  /** Gives the group back. Called by the stream. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#pump.destroy(error);
    callback(error);
  }

  /** Ends the stream, before its end or behind it, and gives the group back. */
  override destroy(error?: Error): this {
    if (this.destroyed) this.#core.stop();
    return super.destroy(error);
  }

  /**
   * Destroys the stream, gives the group back and waits for `'close'`. A loop over the source ends in order. A source
   * that failed has told so already, so this does not fail.
   */
  override async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#core.stop();
    this.destroy();
    await finished(this as Readable).catch(() => undefined);
  }

  /** The same stream to who iterates over it without knowing that this commits. */
  #uncommitted(): Readable {
    const iterate = (): AsyncIterator<StoredMessage> => super.iterator();
    return Object.create(this, { [Symbol.asyncIterator]: { value: iterate } });
  }
}
