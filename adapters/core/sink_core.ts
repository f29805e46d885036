/**
 * The part of a sink that knows the store and no streams.
 *
 * @module
 */
import { checkMessageInput, takeMessage } from "../../storage/layout/mod.ts";
import {
  type AppendResult,
  type Durability,
  type InnerPort,
  innerPortOf,
  type Message,
  type Store,
  StoreError,
} from "../../storage/mod.ts";
import { InFlight } from "./in_flight.ts";
import { ByteLines } from "./record_splitter.ts";
import {
  type SinkBytesOptions,
  type SinkChunk,
  type SinkProgress,
  toMessage,
  type Written,
} from "./sink_options.ts";

/** Chunks to remember before looking up which of them are on the disk. */
const LOOK_UP_COUNT = 4096;

const UTF8_MAX = 3;
/** Keys and tags up to this length never make a record too long. */
const SMALL_NAME_LENGTH = 256;

/** A part of the log. */
export type Extent = Pick<AppendResult, "position" | "endPosition">;

/** Hands chunks to the store and counts what is on the disk. With a delimiter, chunks are bytes. */
export class SinkCore {
  readonly #store: Store;
  readonly #port: InnerPort;
  readonly #topic: string;
  readonly #options: SinkBytesOptions;
  readonly #durability: Durability;
  readonly #lines: ByteLines | undefined;
  /** Bodies up to this length never make a record too long. */
  readonly #smallByteLength: number;
  readonly #unflushed: InFlight = new InFlight();
  #endPosition = 0;
  #flushed: SinkProgress = { count: 0, endPosition: 0 };

  /** Throws the reason of `signal`, if it was aborted before. */
  constructor(store: Store, topic: string, options: SinkBytesOptions) {
    const { delimiter, durability = "committed", signal } = options;
    signal?.throwIfAborted();
    this.#store = store;
    this.#port = innerPortOf(store);
    this.#topic = topic;
    this.#options = options;
    this.#durability = durability;
    const { maxBodyByteLength, segmentByteLength } = store.info.geometry;
    this.#smallByteLength = Math.min(maxBodyByteLength, segmentByteLength / 4);
    this.#lines = delimiter === undefined ? undefined : new ByteLines(store, topic, delimiter);
  }

  get flushed(): SinkProgress {
    this.#advanceFlushed(this.#store.info.flushedPosition);
    return this.#flushed;
  }

  /**
   * Hands a chunk over in the call, and waits only for the store's room; a batch waits until it is
   * committed.
   */
  accept(written: Written): Extent | Promise<Extent> {
    const chunk = this.#lines?.take(written) ?? written;
    if (isBatch(chunk)) return this.append(chunk, "committed");
    const placed = this.#port.acceptNow(toMessage(chunk, this.#topic, this.#options));
    return placed instanceof Promise
      ? placed.then((result) => this.#counted(result))
      : this.#counted(placed);
  }

  /** Settles when everything below a position is as durable as was asked for. */
  async reached(position: number): Promise<void> {
    await this.#port.reached(position, { durability: this.#durability });
  }

  /**
   * Hands chunks over as one batch; settles when they are as durable as was asked for. All are
   * taken in the call. If one is refused, those before it are in the log and those after it are
   * not.
   *
   * @returns Where the batch lies in the log; both 0 if it is empty.
   */
  async append(
    chunks: Iterable<SinkChunk>,
    durability: Durability = this.#durability,
  ): Promise<Extent> {
    const messages: Message[] = [];
    try {
      for (const chunk of chunks) messages.push(this.#take(chunk));
    } catch (error) {
      await this.#appendAll(messages, durability);
      throw error;
    }
    return await this.#appendAll(messages, durability);
  }

  /** What is to be appended of what was written to the stream. */
  chunksOf(written: Written): readonly SinkChunk[] {
    if (this.#lines !== undefined) return this.#lines.take(written);
    return isBatch(written) ? written : [written];
  }

  /** Settles when everything that was handed over is on the disk. */
  async drain(): Promise<void> {
    if (this.#lines !== undefined) await this.append(this.#lines.rest(), "committed");
    if (this.#endPosition === 0) return;
    await this.#port.reached(this.#endPosition, { durability: "flushed" });
    this.#advanceFlushed(this.#endPosition);
  }

  #take(chunk: SinkChunk): Message {
    const message = toMessage(chunk, this.#topic, this.#options);
    checkMessageInput(message);
    return message;
  }

  async #appendAll(messages: readonly Message[], durability: Durability): Promise<Extent> {
    if (messages.length === 0) return { position: 0, endPosition: 0 };
    // If one is refused for its length, all are handed over again, later.
    const limit = this.#smallByteLength;
    const kept = messages.length === 1 || messages.every((message) => isSmall(message, limit))
      ? messages
      : messages.map((message) => takeMessage(message));
    try {
      const results = await this.#store.appendAll(kept, { durability });
      for (const { position, endPosition } of results) this.#count(position, endPosition);
      return { position: results.at(0)!.position, endPosition: results.endPosition };
    } catch (error) {
      if (kept.length === 1 || !isRefusal(error)) throw error;
      return await this.#appendEach(kept, durability);
    }
  }

  async #appendEach(messages: readonly Message[], durability: Durability): Promise<Extent> {
    const extents: Extent[] = [];
    for (const message of messages) extents.push(await this.#appendAll([message], durability));
    return { position: extents[0].position, endPosition: this.#endPosition };
  }

  #counted(result: AppendResult): Extent {
    this.#count(result.position, result.endPosition);
    return result;
  }

  #count(position: number, endPosition: number): void {
    // Calls may settle out of order; the end never goes back.
    this.#endPosition = Math.max(this.#endPosition, endPosition);
    this.#unflushed.push(this.#endPosition, endPosition - position);
    if (this.#unflushed.count % LOOK_UP_COUNT === 0) {
      this.#advanceFlushed(this.#store.info.flushedPosition);
    }
  }

  #advanceFlushed(position: number): void {
    const { count, endPosition } = this.#unflushed.takeUntil(position);
    if (count > 0) this.#flushed = { count: this.#flushed.count + count, endPosition };
  }
}

function isBatch(written: Written): written is readonly SinkChunk[] {
  return Array.isArray(written);
}

/** Whether no store refuses a message for its length. */
function isSmall({ body, keys = "", tags = "", properties }: Message, limit: number): boolean {
  const nameLength = typeof keys === "string" ? keys.length + tags.length : Infinity;
  return properties === undefined && nameLength <= SMALL_NAME_LENGTH &&
    body.length * UTF8_MAX <= limit;
}

/** Whether the store refused a batch before it did anything. */
function isRefusal(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError ||
    StoreError.is(error, "MESSAGE_TOO_LARGE");
}
