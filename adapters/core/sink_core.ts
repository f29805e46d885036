/**
 * The part of a sink that knows the store and no streams.
 *
 * @module
 */
import {
  type AppendAllResult,
  type AppendResult,
  type BodyIntake,
  type Durability,
  type Extent,
  type InnerPort,
  innerPortOf,
  type Message,
  type MessageFrame,
  type Store,
  StoreError,
} from "../../storage/mod.ts";
import { InFlight } from "./in_flight.ts";
import { ByteLines } from "./record_splitter.ts";
import {
  isBody,
  type SinkBytesOptions,
  type SinkChunk,
  type SinkProgress,
  toMessage,
  type Written,
} from "./sink_options.ts";

/** Commits to remember before looking up which of them are on the disk. */
const LOOK_UP_COUNT = 4096;

/** Where an empty batch lies. */
const NOWHERE: Extent = { position: 0, endPosition: 0 };

/** Hands chunks to the store and counts what is on the disk. With a delimiter, chunks are bytes. */
export class SinkCore {
  readonly #store: Store;
  readonly #port: InnerPort;
  readonly #topic: string;
  readonly #options: SinkBytesOptions;
  readonly #durability: Durability;
  readonly #lines: ByteLines | undefined;
  readonly #unflushed: InFlight = new InFlight();
  /** What the bodies have in common that {@linkcode #bodies} takes. */
  #frame: MessageFrame;
  #bodies: BodyIntake | undefined;
  #endPosition = 0;
  #flushed: SinkProgress = { count: 0, endPosition: 0 };

  /** Throws the reason of `signal`, if it was aborted before. */
  constructor(store: Store, topic: string, options: SinkBytesOptions) {
    const { delimiter, durability = "committed", signal } = options;
    signal?.throwIfAborted();
    this.#store = store;
    this.#port = innerPortOf(store);
    this.#topic = topic;
    this.#frame = { topic };
    this.#options = options;
    this.#durability = durability;
    this.#lines = delimiter === undefined ? undefined : new ByteLines(store, topic, delimiter);
  }

  get flushed(): SinkProgress {
    this.#advanceFlushed(this.#store.info.flushedPosition);
    return this.#flushed;
  }

  /**
   * Hands a chunk over in the call, or a batch of them, which is committed; waits only for the
   * store's room. If a chunk of a batch is refused, those before it are in the log and those after
   * it are not.
   */
  accept(written: Written): Extent | Promise<Extent> {
    const chunk = this.#lines?.take(written) ?? written;
    if (isBatch(chunk)) return this.#acceptAll(chunk);
    return this.#countedWhenPlaced(this.#acceptOne(chunk), 1);
  }

  #acceptOne(chunk: SinkChunk): Extent | Promise<Extent> {
    if (isBody(chunk)) {
      const intake = this.#intake();
      if (intake !== undefined) return intake.accept(chunk);
    }
    return this.#port.acceptNow(toMessage(chunk, this.#topic, this.#options));
  }

  #acceptAll(chunks: readonly SinkChunk[]): Extent | Promise<Extent> {
    if (chunks.length === 0 || !chunks.every(isBytes)) return this.#appendAll(chunks);
    const intake = this.#intake();
    if (intake === undefined) return this.#appendAll(chunks);
    let placed: Extent | Promise<Extent>;
    try {
      placed = intake.acceptAll(chunks);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Nothing was taken yet; those before the one that is refused are taken there.
      return this.#appendAll(chunks);
    }
    return this.#countedWhenPlaced(placed, chunks.length);
  }

  /**
   * What takes bodies that differ in nothing else, unless options say that they do. They are the
   * caller's, who may change them between two chunks; what is no single value is looked into for
   * each.
   */
  #intake(): BodyIntake | undefined {
    const { tags, keys, properties, queueId } = this.#options;
    const mayDiffer = typeof queueId === "function" || typeof keys === "object" ||
      properties !== undefined;
    if (mayDiffer) return undefined;
    const frame = this.#frame;
    if (
      this.#bodies === undefined || frame.tags !== tags || frame.keys !== keys ||
      frame.queueId !== queueId
    ) {
      this.#frame = { topic: this.#topic, tags, keys, queueId };
      this.#bodies = this.#port.bodies(this.#frame);
    }
    return this.#bodies;
  }

  /** Settles when everything below a position is as durable as was asked for. */
  async reached(position: number): Promise<void> {
    await this.#port.reached(position, { durability: this.#durability });
  }

  /** Hands a batch over in the call; settles when it is as durable as was asked for. */
  async append(chunks: Iterable<SinkChunk>): Promise<void> {
    const { endPosition } = await this.#appendAll(chunks);
    if (this.#durability === "flushed" && endPosition > 0) await this.reached(endPosition);
  }

  /** What is to be appended of what was written to the stream. */
  chunksOf(written: Written): readonly SinkChunk[] {
    if (this.#lines !== undefined) return this.#lines.take(written);
    return isBatch(written) ? written : [written];
  }

  /** Settles when everything that was handed over is on the disk. */
  async drain(): Promise<void> {
    if (this.#lines !== undefined) await this.#appendAll(this.#lines.rest());
    if (this.#endPosition === 0) return;
    await this.#port.reached(this.#endPosition, { durability: "flushed" });
    this.#advanceFlushed(this.#endPosition);
  }

  #appendAll(chunks: Iterable<SinkChunk>): Extent | Promise<Extent> {
    const messages: Message[] = [];
    try {
      for (const chunk of chunks) messages.push(toMessage(chunk, this.#topic, this.#options));
    } catch (error) {
      return this.#appendBefore(messages, error);
    }
    if (messages.length === 0) return NOWHERE;
    let placed: AppendAllResult | Promise<AppendAllResult>;
    try {
      placed = this.#port.appendAllNow(messages);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return this.#appendBefore(messages, error);
    }
    return placed instanceof Promise
      ? placed.then((results) => this.#countedAll(results))
      : this.#countedAll(placed);
  }

  /** Hands over what comes before the message that is refused, all of it in the call. */
  async #appendBefore(messages: readonly Message[], error: unknown): Promise<never> {
    const accepted: (AppendResult | Promise<AppendResult>)[] = [];
    let refusal = error;
    try {
      for (const message of messages) accepted.push(this.#port.acceptNow(message));
    } catch (refused) {
      refusal = refused;
    }
    for (const result of await Promise.all(accepted)) this.#counted(result, 1);
    await this.reached(this.#endPosition);
    throw refusal;
  }

  #countedAll(results: AppendAllResult): Extent {
    const { position } = results.at(0)!;
    return this.#counted({ position, endPosition: results.endPosition }, results.count);
  }

  #countedWhenPlaced(placed: Extent | Promise<Extent>, count: number): Extent | Promise<Extent> {
    return placed instanceof Promise
      ? placed.then((extent) => this.#counted(extent, count))
      : this.#counted(placed, count);
  }

  #counted(extent: Extent, count: number): Extent {
    const { position, endPosition } = extent;
    // Calls may settle out of order; the end never goes back.
    this.#endPosition = Math.max(this.#endPosition, endPosition);
    this.#countUnflushed(endPosition - position, count);
    return extent;
  }

  /**
   * What is committed together comes to the disk together, and is counted as one: a pipe hands over
   * hundreds of thousands of chunks between two flushes.
   */
  #countUnflushed(byteLength: number, count: number): void {
    const unflushed = this.#unflushed;
    if (unflushed.endPosition > this.#port.committedPosition) {
      return unflushed.extend(this.#endPosition, byteLength, count);
    }
    unflushed.push(this.#endPosition, byteLength, count);
    if (unflushed.count % LOOK_UP_COUNT === 0) {
      this.#advanceFlushed(this.#store.info.flushedPosition);
    }
  }

  #advanceFlushed(position: number): void {
    const { count, endPosition } = this.#unflushed.takeUntil(position);
    if (count > 0) this.#flushed = { count: this.#flushed.count + count, endPosition };
  }
}

function isBytes(chunk: SinkChunk): chunk is Uint8Array {
  return chunk instanceof Uint8Array;
}

function isBatch(written: Written): written is readonly SinkChunk[] {
  return Array.isArray(written);
}

/** Whether the store refused a batch before it did anything. */
function isRefusal(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError ||
    StoreError.is(error, "MESSAGE_TOO_LARGE");
}
