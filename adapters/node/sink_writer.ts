/**
 * A topic as what `node:stream/iter` calls a writer.
 *
 * @module
 */
import { checkCall } from "../../storage/arguments/mod.ts";
import { alreadyEnded, type Store } from "../../storage/mod.ts";
import { Pending, type SinkChunk, SinkCore, type SinkProgress } from "../core/mod.ts";
import {
  END_DOOR,
  SINK_WRITER_DOOR,
  type SinkWriterOptions,
  WRITE_DOOR,
  type WriteOptions,
} from "./options.ts";

const ANOTHER = "make another one";

/**
 * Makes a writer that appends what is written to it to a topic, batch by batch.
 *
 * It is a writer for `pipeTo()` of `node:stream/iter` (experimental in Node 26, behind
 * `--experimental-stream-iter`), and imports nothing of it, so it can be written to on every
 * runtime.
 *
 * @example Batches
 * ```ts
 * import { openStore } from "@streambed/log";
 * import { type SinkWriter, sinkWriter } from "@streambed/log/node";
 * import assert from "node:assert/strict";
 *
 * await using store = await openStore("./node-writer");
 * const writer: SinkWriter = sinkWriter(store, "orders");
 * await writer.writev(["one", "two"]);
 * assert.equal(await writer.end(), 6);
 *
 * assert.equal(store.queue("orders").flushedEndOffset, 2);
 * ```
 *
 * @param store Store to write to.
 * @param topic Topic of chunks without one.
 * @param options Tags, keys, queue and durability.
 * @returns The writer.
 * @throws {TypeError} If `topic` is not a topic, or an option is unknown or of the wrong type.
 * @throws {RangeError} If `queueId` is not a queue.
 */
export function sinkWriter(
  store: Store,
  topic: string,
  options: SinkWriterOptions = {},
): SinkWriter {
  checkCall(SINK_WRITER_DOOR, store, topic, options);
  return new NodeSinkWriter(store, topic, options);
}

/** The writer that {@linkcode sinkWriter} makes. Leaving the scope of `await using` ends it. */
export interface SinkWriter extends AsyncDisposable {
  /**
   * Whether it takes more; `null` when it has ended or failed. A busy writer takes more and lets it
   * wait.
   */
  readonly canWrite: boolean | null;
  /** How far it is on the disk, as of now; all of it once `end()` has resolved. */
  readonly flushed: SinkProgress;
  /**
   * Writes a chunk; resolves when it is as durable as was asked for.
   *
   * @throws {TypeError} If the writer has ended.
   * @throws What it failed with.
   */
  write(chunk: SinkChunk, options?: WriteOptions): Promise<void>;
  /**
   * Writes chunks as one batch, each a message; resolves when they are as durable as was asked for.
   * Chunks are taken in the call: their bytes may be used again when it has returned.
   *
   * @throws {TypeError} If the writer has ended.
   * @throws What it failed with.
   */
  writev(chunks: readonly SinkChunk[], options?: WriteOptions): Promise<void>;
  /**
   * Ends it; resolves when everything is on the disk, calls that have not settled included.
   *
   * @returns Bytes of all bodies that were written.
   * @throws What it failed with, also in a write that was under way.
   */
  end(options?: WriteOptions): Promise<number>;
  /**
   * Refuses all further writes. What was handed to the store stays.
   *
   * @param reason What writes are refused with.
   */
  fail(reason?: unknown): void;
  /** Ends it; if it has failed, waits for the writes that are under way. */
  [Symbol.asyncDispose](): Promise<void>;
}

class NodeSinkWriter implements SinkWriter {
  readonly #core: SinkCore;
  readonly #topic: string;
  readonly #running: Pending = new Pending();
  #byteLength = 0;
  /** Aborts when it fails; the first failure counts. */
  readonly #failed: AbortController = new AbortController();
  #ended: Promise<void> | undefined;

  constructor(store: Store, topic: string, options: SinkWriterOptions) {
    this.#core = new SinkCore(store, topic, options);
    this.#topic = topic;
  }

  get canWrite(): boolean | null {
    return this.#failed.signal.aborted || this.#ended !== undefined ? null : true;
  }

  get flushed(): SinkProgress {
    return this.#core.flushed;
  }

  async write(chunk: SinkChunk, options: WriteOptions = {}): Promise<void> {
    await this.writev([chunk], options);
  }

  async writev(chunks: readonly SinkChunk[], options: WriteOptions = {}): Promise<void> {
    checkCall(WRITE_DOOR, chunks, options);
    options.signal?.throwIfAborted();
    this.#failed.signal.throwIfAborted();
    if (this.#ended !== undefined) {
      throw alreadyEnded(`write to sink of topic ${this.#topic}`, "it has ended", ANOTHER);
    }
    this.#running.begin();
    try {
      const appended = this.#core.append(chunks);
      // In the call, as the chunks are taken: the caller may give them away when it returns.
      const byteLength = chunks.reduce((sum, chunk) => sum + bodyByteLength(chunk), 0);
      await appended;
      this.#byteLength += byteLength;
    } catch (error) {
      this.#failed.abort(error);
      throw error;
    } finally {
      this.#running.end();
    }
  }

  async end(options: WriteOptions = {}): Promise<number> {
    checkCall(END_DOOR, options);
    options.signal?.throwIfAborted();
    this.#failed.signal.throwIfAborted();
    this.#ended ??= this.#finish();
    await this.#ended;
    return this.#byteLength;
  }

  fail(reason?: unknown): void {
    if (this.#ended !== undefined) return;
    const action = `write to sink of topic ${this.#topic}`;
    this.#failed.abort(reason ?? alreadyEnded(action, "it failed", ANOTHER));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#failed.signal.aborted) await this.#running.idle();
    else await this.end();
  }

  async #finish(): Promise<void> {
    await this.#running.idle();
    this.#failed.signal.throwIfAborted();
    await this.#core.drain();
  }
}

/** A chunk that the core refuses may be anything. */
function bodyByteLength(chunk: SinkChunk): number {
  const body = typeof chunk === "string" || chunk instanceof Uint8Array ? chunk : chunk?.body;
  return typeof body === "string" ? new TextEncoder().encode(body).byteLength : body?.byteLength;
}
