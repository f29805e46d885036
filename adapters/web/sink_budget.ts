/**
 * How a web sink holds its writer back: by the bytes that were accepted and are not durable yet.
 *
 * @module
 */
import type { Store, Timers } from "../../storage/mod.ts";
import {
  HIGH_WATER_MARK,
  InFlight,
  type SinkChunk,
  SinkCore,
  type SinkOptions,
  type SinkProgress,
} from "../core/mod.ts";

/** Hands chunks to the store, and lets a write wait while the budget is exceeded. */
export class SinkBudget {
  readonly #core: SinkCore;
  readonly #topic: string;
  readonly #timers: Timers;
  readonly #budget: number;
  readonly #inFlight: InFlight = new InFlight();
  #isDisposed = false;
  /** Chunks that the stream has taken and that were not written yet. */
  #queuedCount = 0;
  #idle: PromiseWithResolvers<void> | undefined;
  /** Ends the wait for room, if there is one. */
  #endWait: (() => void) | undefined;

  /** Nothing is handed over yet. */
  constructor(store: Store, topic: string, options: SinkOptions) {
    this.#timers = store.timers;
    this.#budget = options.highWaterMark ?? HIGH_WATER_MARK;
    this.#topic = topic;
    this.#core = new SinkCore(store, topic, options);
  }

  /** How far it is on the disk, as of now. */
  get flushed(): SinkProgress {
    return this.#core.flushed;
  }

  /** Notes that the stream has taken a chunk, which {@linkcode write} will get. */
  expect(): void {
    this.#queuedCount++;
  }

  /** Settles when every chunk that the stream has taken was written or dropped, and a close that waited for that has begun. */
  async idle(): Promise<void> {
    if (this.#queuedCount > 0) {
      this.#idle ??= Promise.withResolvers();
      await this.#idle.promise;
    }
    await this.#timers.pause();
  }

  /** Hands a chunk over, and waits while the budget is exceeded. */
  async write(chunk: SinkChunk): Promise<void> {
    if (this.#isDisposed) {
      throw new TypeError(`Cannot write to sink of topic ${this.#topic}: it was disposed of`);
    }
    const { result, endPosition } = await this.#core.accept(chunk);
    this.#inFlight.push(endPosition, endPosition - result.position);
    if (this.#inFlight.byteLength > this.#budget) await this.#makeRoom();
    // A write that was under way when the stream dropped the others is not counted any more.
    if (this.#queuedCount > 0) this.#queuedCount--;
    if (this.#queuedCount === 0) this.#tellIdle();
  }

  /** Settles when everything that was accepted is on the disk. */
  async drain(): Promise<void> {
    await this.#core.drain();
  }

  /** Forgets the chunks that the stream has dropped, and lets a write that waits for room go on. */
  abandon(): void {
    this.#queuedCount = 0;
    this.#tellIdle();
    this.#endWait?.();
  }

  /** Refuses all further writes. */
  dispose(): void {
    this.#isDisposed = true;
  }

  #tellIdle(): void {
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Down to half the budget, so that the writer and the disk work at the same time. */
  async #makeRoom(): Promise<void> {
    const position = this.#inFlight.endPositionLeaving(this.#budget / 2);
    const stopped = Promise.withResolvers<void>();
    this.#endWait = stopped.resolve;
    await Promise.race([this.#core.reached(position), stopped.promise]);
    this.#endWait = undefined;
    this.#inFlight.takeUntil(position);
  }
}
