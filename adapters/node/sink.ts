/**
 * A topic as a `Writable` of `node:stream`.
 *
 * @module
 */
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { checkCall } from "../../storage/arguments/mod.ts";
import type { Store } from "../../storage/mod.ts";
import {
  DELIMITER_TEXT,
  HIGH_WATER_MARK,
  SINK_BYTES_DOOR,
  SinkCore,
  type SinkProgress,
  watchSignal,
  type Written,
} from "../core/mod.ts";
import { ByteBudget } from "./byte_budget.ts";
import { HIGH_WATER_COUNT, SINK_DOOR, type SinkBytesOptions, type SinkOptions } from "./options.ts";
import { errorOf } from "./stream_error.ts";

/**
 * Makes a `Writable` that appends what is written to it to a topic.
 *
 * - `write()` returns `false` from `highWaterMark` chunks on, and from 4 MiB of bodies on, however
 *   few chunks these are.
 * - The callback of a write is called when the chunk is as durable as `durability` says. What is
 *   written in the meantime goes to the store as one batch.
 * - `'finish'`, and with it `finished()` and `pipeline()`, come when everything is on the disk.
 * - `destroy()`, and the end of `signal`, leave what was handed to the store; `'close'` comes when
 *   that is settled.
 * - A failure of the store destroys the stream with the store's own error.
 * - A chunk belongs to the sink from the moment the stream hands it over. Until its write has
 *   settled, what is changed in it may change that message, and nothing else; a stream that is busy
 *   keeps it as it is. Hand over `bytes.slice()` if you do not wait.
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
 * @param topic Topic of chunks without one.
 * @param options Tags, keys, queue and the mark.
 * @returns The stream.
 * @throws {TypeError} If `topic` is not a topic, or an option is unknown or of the wrong type.
 * @throws {RangeError} If `highWaterMark` is not a whole number above 0, or `queueId` is not a
 * queue.
 * @throws The reason of `signal`, if it was aborted before.
 */
export function sink(store: Store, topic: string, options: SinkOptions = {}): Sink {
  checkCall(SINK_DOOR, store, topic, options);
  const { highWaterMark = HIGH_WATER_COUNT } = options;
  return new NodeSink(store, topic, { ...options, highWaterMark });
}

/**
 * Makes a `Writable` that appends the bytes which are written to it to a topic, one message for
 * what stands between two delimiters.
 *
 * It does what {@linkcode sink} does, in byte mode: `highWaterMark` counts bytes, and a string is
 * written in its encoding. What follows the last delimiter is kept until more comes, and written at
 * the end. A message that is longer than the store takes is refused as soon as that is known.
 *
 * @example Lines of a file
 * ```ts ignore
 * await pipeline(createReadStream("events.ndjson"), sinkBytes(store, "events"));
 * ```
 *
 * @param store Store to write to.
 * @param topic Topic of the messages.
 * @param options Delimiter, tags, keys, queue and the mark.
 * @returns The stream.
 * @throws {TypeError} If `topic` is not a topic, or an option is unknown or of the wrong type.
 * @throws {RangeError} If `highWaterMark` is not a whole number above 0, or `queueId` is not a
 * queue.
 * @throws The reason of `signal`, if it was aborted before.
 */
export function sinkBytes(store: Store, topic: string, options: SinkBytesOptions = {}): Sink {
  checkCall(SINK_BYTES_DOOR, store, topic, options);
  const { delimiter = DELIMITER_TEXT, highWaterMark = HIGH_WATER_MARK } = options;
  return new NodeSink(store, topic, { ...options, delimiter, highWaterMark });
}

/**
 * The stream that {@linkcode sink} makes. An array of chunks counts as one chunk and is written as
 * one batch. Leaving the scope of `await using` ends it and waits for the disk.
 */
export interface Sink extends Writable {
  /** How far the sink is on the disk, as of now; all of it once `'finish'` was emitted. */
  readonly flushed: SinkProgress;
  /**
   * Ends the stream and waits until everything that was written is on the disk. A sink that failed
   * or was destroyed before has told so already, so this does not fail again.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

type WriteArguments = [
  chunk: unknown,
  encodingOrCallback?: BufferEncoding | ((error: Error | null | undefined) => void),
  callback?: (error: Error | null | undefined) => void,
];

class NodeSink extends Writable implements Sink {
  readonly #core: SinkCore;
  readonly #unwatch: () => void;
  /** In byte mode the stream counts bytes itself. */
  readonly #budget: ByteBudget | undefined;
  #running: Promise<unknown> = Promise.resolve();

  /** With a delimiter, chunks are bytes. */
  constructor(store: Store, topic: string, options: SinkBytesOptions) {
    const { delimiter, highWaterMark, signal } = options;
    super({ objectMode: delimiter === undefined, highWaterMark });
    this.#core = new SinkCore(store, topic, options);
    this.#budget = delimiter === undefined ? new ByteBudget() : undefined;
    this.#unwatch = watchSignal(signal, (reason) => this.destroy(errorOf(reason)));
  }

  get flushed(): SinkProgress {
    return this.#core.flushed;
  }

  override write(...args: WriteArguments): boolean {
    // Before the stream has it, which may hand it over in the call.
    this.#budget?.add(args[0]);
    const hasRoom = super.write(...args as Parameters<Writable["write"]>);
    return (this.#budget?.hasRoom() ?? true) && hasRoom;
  }

  override _write(chunk: Written, _encoding: string, callback: (error?: Error) => void): void {
    this.#run(this.#core.append(this.#core.chunksOf(chunk)), callback);
  }

  override _writev(
    chunks: readonly { readonly chunk: Written }[],
    callback: (error?: Error) => void,
  ): void {
    const all = chunks.flatMap(({ chunk }) => this.#core.chunksOf(chunk));
    this.#run(this.#core.append(all), callback);
  }

  override _final(callback: (error?: Error) => void): void {
    this.#run(this.#core.drain(), callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#unwatch();
    void this.#running.then(() => callback(error));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    const wasDestroyed = this.destroyed;
    if (!wasDestroyed && !this.writableEnded) this.end();
    try {
      await finished(this);
    } catch (error) {
      if (!wasDestroyed) throw error;
    }
  }

  #run(work: Promise<unknown>, callback: (error?: Error) => void): void {
    this.#budget?.run();
    this.#running = work.catch(() => undefined);
    const done = () => {
      callback();
      if (this.#budget?.settle() && !this.writableEnded && !this.destroyed) this.emit("drain");
    };
    // What the callback throws is the caller's, and must not keep the stream from closing.
    void work.then(done, callback);
  }
}
