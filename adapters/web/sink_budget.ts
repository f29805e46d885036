/**
 * How a web sink holds its writer back: by the bytes that are accepted and not durable yet.
 *
 * @module
 */
import { alreadyEnded, type InnerPort, innerPortOf, type Store } from "../../storage/mod.ts";
import {
  type ByteLines,
  HIGH_WATER_MARK,
  InFlight,
  Pending,
  type SinkChunk,
  SinkCore,
  type SinkOptions,
  type SinkProgress,
} from "../core/mod.ts";

export class SinkBudget {
  readonly #core: SinkCore;
  readonly #topic: string;
  readonly #timers: InnerPort["timers"];
  readonly #budget: number;
  readonly #inFlight: InFlight = new InFlight();
  readonly #lines: ByteLines | undefined;
  /** Chunks that the stream has taken and that were not written yet. */
  readonly #queued: Pending = new Pending();
  #isDisposed = false;
  /** Ends the wait for room, if there is one. */
  #endWait: (() => void) | undefined;

  /** With `lines`, chunks are bytes, which are cut into messages. */
  constructor(store: Store, topic: string, options: SinkOptions, lines: ByteLines | undefined) {
    this.#timers = innerPortOf(store).timers;
    this.#budget = options.highWaterMark ?? HIGH_WATER_MARK;
    this.#topic = topic;
    this.#core = new SinkCore(store, topic, options);
    this.#lines = lines;
  }

  get flushed(): SinkProgress {
    return this.#core.flushed;
  }

  /** Notes that the stream has taken a chunk, which {@linkcode write} will get. */
  expect(): void {
    this.#queued.begin();
  }

  /**
   * Settles when every chunk that the stream has taken was written or dropped, and a close that
   * waited for that has begun.
   */
  async idle(): Promise<void> {
    await this.#queued.idle();
    await this.#timers.pause();
  }

  /** Hands a chunk or a batch over, and waits while the budget is exceeded. */
  async write(chunk: SinkChunk | readonly SinkChunk[]): Promise<void> {
    if (this.#isDisposed) {
      const action = `write to sink of topic ${this.#topic}`;
      throw alreadyEnded(action, "it was disposed of", "make another one");
    }
    const taken = this.#lines?.take(chunk) ?? chunk;
    const { position, endPosition } = isBatch(taken)
      ? await this.#core.append(taken, "committed")
      : await this.#core.accept(taken);
    if (endPosition > position) this.#inFlight.push(endPosition, endPosition - position);
    if (this.#inFlight.byteLength > this.#budget) await this.#makeRoom();
    this.#queued.end();
  }

  /** Settles when everything that was accepted is on the disk. */
  async drain(): Promise<void> {
    if (this.#lines !== undefined) await this.#core.append(this.#lines.rest(), "committed");
    await this.#core.drain();
  }

  /** Forgets the chunks that the stream has dropped, and lets a write that waits for room go on. */
  abandon(): void {
    this.#queued.forget();
    this.#endWait?.();
  }

  dispose(): void {
    this.#isDisposed = true;
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

function isBatch(chunk: SinkChunk | readonly SinkChunk[]): chunk is readonly SinkChunk[] {
  return Array.isArray(chunk);
}
