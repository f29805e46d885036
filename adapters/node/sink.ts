/**
 * A topic as a `Writable` of `node:stream`.
 *
 * @module
 */
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { checkCall } from "../../storage/arguments/mod.ts";
import type { Store } from "../../storage/mod.ts";
import { HIGH_WATER_MARK, type SinkChunk, SinkCore, type SinkProgress } from "../core/mod.ts";
import { SINK_DOOR, type SinkOptions } from "./options.ts";
import { StreamSignal } from "./stream_signal.ts";

/** Chunks that may wait in object mode unless asked otherwise: enough for a batch to be worth its sync. */
const HIGH_WATER_COUNT = 1024;

/**
 * Makes a `Writable` that appends what is written to it to a topic.
 *
 * - The callback of a write is called when the chunk is as durable as `durability` says. What is written in the
 *   meantime goes to the store as one batch.
 * - `'finish'`, and with it `finished()` and `pipeline()`, come when everything is on the disk.
 * - `destroy()`, and the end of `signal`, leave what was handed to the store; `'close'` comes when that is settled.
 * - A failure of the store destroys the stream with the store's own error.
 * - A chunk belongs to the sink from the moment the stream hands it over. Until its write has settled, what is changed in it may
 *   change that message, and nothing else; a stream that is busy keeps it as it is. Hand over `bytes.slice()` if you do not wait.
 *
 * @example A pipe to the disk
 * ```ts
 * import { openStore } from "@streambed/log";
 * import { type Sink, sink } from "@streambed/log/node";
 * import assert from "node:assert/strict";
 * import { Readable } from "node:stream";
 * import { pipeline } from "node:stream/promises";
 *
 * await using store = await openStore("./node-sink");
 * const orders: Sink = sink(store, "orders", { tags: "new" });
 * await pipeline(Readable.from(["one", "two", "three"]), orders);
 *
 * assert.equal(orders.flushed.count, 3);
 * ```
 *
 * @param store Store to write to.
 * @param topic Topic of chunks that name none.
 * @param options Tags, keys, queue, mode and the mark.
 * @returns The stream.
 * @throws {TypeError} If `topic` names none, there is no such option, or one has the wrong type.
 * @throws {RangeError} If `highWaterMark` is no whole number above 0, or `queueId` is no number of a queue.
 * @throws The reason of `signal`, if it was aborted before.
 */
export function sink(store: Store, topic: string, options: SinkOptions = {}): Sink {
  return new Sink(store, topic, options);
}

/** The stream that {@linkcode sink} makes. Leaving the scope of `await using` ends it and waits for the disk. */
export class Sink extends Writable implements AsyncDisposable {
  readonly #core: SinkCore;
  readonly #signal: StreamSignal;
  #running: Promise<void> = Promise.resolve();

  /** Makes a sink; {@linkcode sink} says what it does and what it throws. */
  constructor(store: Store, topic: string, options: SinkOptions = {}) {
    checkCall(SINK_DOOR, store, topic, options);
    const { objectMode = true, signal } = options;
    const { highWaterMark = objectMode ? HIGH_WATER_COUNT : HIGH_WATER_MARK } = options;
    signal?.throwIfAborted();
    super({ objectMode, highWaterMark });
    this.#core = new SinkCore(store, topic, options);
    this.#signal = new StreamSignal(signal, (error) => this.destroy(error));
  }

  /** How far the sink is on the disk, as of now; all of it once `'finish'` was emitted. */
  get flushed(): SinkProgress {
    return this.#core.flushed;
  }

  /** Hands a chunk to the store. Called by the stream. */
  override _write(chunk: SinkChunk, _encoding: string, callback: (error?: Error) => void): void {
    this.#run(this.#core.append([chunk]), callback);
  }

  /** Hands what has come in the meantime to the store, as one batch. Called by the stream. */
  override _writev(
    chunks: readonly { readonly chunk: SinkChunk }[],
    callback: (error?: Error) => void,
  ): void {
    this.#run(this.#core.append(chunks.map(({ chunk }) => chunk)), callback);
  }

  /** Waits for the disk. Called by the stream. */
  override _final(callback: (error?: Error) => void): void {
    this.#run(this.#core.drain(), callback);
  }

  /** Lets go of the signal, and waits for what is under way. Called by the stream. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#signal.forget();
    void this.#running.then(() => callback(error));
  }

  /**
   * Ends the stream and waits until everything that was written is on the disk. A sink that failed or was destroyed
   * before has told so already, so this does not fail again.
   */
  override async [Symbol.asyncDispose](): Promise<void> {
    const wasDestroyed = this.destroyed;
    if (!wasDestroyed && !this.writableEnded) this.end();
    try {
      await finished(this);
    } catch (error) {
      if (!wasDestroyed) throw error;
    }
  }

  #run(work: Promise<void>, callback: (error?: Error) => void): void {
    this.#running = work.catch(() => undefined);
    // What the callback throws is the caller's, and is not to keep the stream from closing.
    void work.then(() => callback(), callback);
  }
}
