/**
 * The part of a sink that knows the store and nothing of streams.
 *
 * @module
 */
import type { Acceptance, Durability, Store } from "../../storage/mod.ts";
import { InFlight } from "./in_flight.ts";
import {
  HIGH_WATER_MARK,
  type SinkChunk,
  type SinkOptions,
  type SinkProgress,
  toMessage,
} from "./sink_options.ts";

/** How many chunks may be remembered before it is looked up which of them are on the disk. */
const LOOK_UP_COUNT = 4096;

/** Hands chunks to the store and keeps count of what is not durable yet. */
export class SinkCore {
  readonly #store: Store;
  readonly #topic: string;
  readonly #options: SinkOptions;
  readonly #budget: number;
  readonly #durability: Durability;
  /** Counts against the budget. */
  readonly #inFlight: InFlight = new InFlight();
  readonly #unflushed: InFlight = new InFlight();
  #endPosition = 0;
  #flushed: SinkProgress = { count: 0, position: 0 };
  #isDisposed = false;
  /** Chunks that the stream has taken and that were not written yet. */
  #queuedCount = 0;
  #idle: PromiseWithResolvers<void> | undefined;
  /** Ends the wait for room, if there is one. */
  #endWait: (() => void) | undefined;

  /** Checks the options. Throws a `RangeError` for a budget that is no whole number above 0. */
  constructor(store: Store, topic: string, options: SinkOptions) {
    const budget = options.highWaterMark ?? HIGH_WATER_MARK;
    if (!Number.isSafeInteger(budget) || budget < 1) {
      throw new RangeError(
        `Cannot make sink of topic ${topic}: highWaterMark is ${budget}, ` +
          `it must be a whole number of bytes above 0`,
      );
    }
    this.#store = store;
    this.#topic = topic;
    this.#options = options;
    this.#budget = budget;
    this.#durability = options.durability ?? "committed";
  }

  /** How far it is on the disk, as of now. */
  get flushed(): SinkProgress {
    this.#advanceFlushed(this.#store.info.flushedPosition);
    return this.#flushed;
  }

  /** Notes that the stream has taken a chunk, which {@linkcode write} will get. */
  expect(): void {
    this.#queuedCount++;
  }

  /** Settles when every chunk that the stream has taken was written or dropped. */
  async idle(): Promise<void> {
    if (this.#queuedCount === 0) return;
    this.#idle = Promise.withResolvers();
    await this.#idle.promise;
  }

  /** Hands a chunk over, and waits while the budget is exceeded. */
  async write(chunk: SinkChunk): Promise<void> {
    if (this.#isDisposed) {
      throw new TypeError(`Cannot write to sink of topic ${this.#topic}: it was disposed of`);
    }
    const message = toMessage(chunk, this.#topic, this.#options);
    this.#count(await this.#store.accept(message));
    if (this.#inFlight.byteLength > this.#budget) await this.#makeRoom();
    // A write that was under way when the stream dropped the others is not counted any more.
    if (this.#queuedCount > 0) this.#queuedCount--;
    if (this.#queuedCount === 0) this.#idle?.resolve();
  }

  /** Settles when everything that was accepted is on the disk. */
  async drain(): Promise<void> {
    if (this.#endPosition === 0) return;
    await this.#store.reached("flushed", this.#endPosition);
    this.#advanceFlushed(this.#endPosition);
  }

  /** Forgets the chunks that the stream has dropped, and lets a write that waits for room go on. */
  abandon(): void {
    this.#queuedCount = 0;
    this.#idle?.resolve();
    this.#endWait?.();
  }

  /** Refuses all further writes. */
  dispose(): void {
    this.#isDisposed = true;
  }

  #count({ result, endPosition }: Acceptance): void {
    const byteLength = endPosition - result.position;
    this.#inFlight.push(endPosition, byteLength);
    this.#unflushed.push(endPosition, byteLength);
    this.#endPosition = endPosition;
    if (this.#unflushed.count % LOOK_UP_COUNT === 0) {
      this.#advanceFlushed(this.#store.info.flushedPosition);
    }
  }

  /** Down to half the budget, so that the writer and the disk work at the same time. */
  async #makeRoom(): Promise<void> {
    const position = this.#inFlight.endPositionLeaving(this.#budget / 2);
    const stopped = Promise.withResolvers<void>();
    this.#endWait = stopped.resolve;
    await Promise.race([this.#store.reached(this.#durability, position), stopped.promise]);
    this.#endWait = undefined;
    this.#inFlight.takeUntil(position);
  }

  #advanceFlushed(position: number): void {
    const { count, endPosition } = this.#unflushed.takeUntil(position);
    if (count > 0) this.#flushed = { count: this.#flushed.count + count, position: endPosition };
  }
}
