/**
 * The end of a web sink at the store: holds the writer back by the bytes that are accepted and not
 * durable yet, and ends (by close, abort, signal, failure or disposal).
 *
 * @module
 */
import {
  alreadyEnded,
  type EnvironmentTimers,
  type Extent,
  innerPortOf,
  type Store,
  type StoreError,
} from "../../../storage/mod.ts";
import {
  HIGH_WATER_MARK,
  InFlight,
  Pending,
  type SinkBytesOptions,
  SinkCore,
  type SinkProgress,
  watchSignal,
  type Written,
} from "../../core/mod.ts";

/** Makes of what was written to a stream what a sink takes. */
export type Translate<T> = (written: T) => Written | Promise<Written>;

/** What was written as `T` goes to the store as a translation makes it. */
export class SinkEnd<T = Written> implements UnderlyingSink<T> {
  readonly #core: SinkCore;
  readonly #topic: string;
  readonly #timers: EnvironmentTimers;
  readonly #budget: number;
  readonly #signal: AbortSignal | undefined;
  readonly #translate: Translate<T>;
  readonly #inFlight: InFlight = new InFlight();
  /** Chunks that the stream has taken and that were not written yet. */
  readonly #queued: Pending = new Pending();
  #unwatch: (() => void) | undefined;
  /** Settles when the end is complete; never rejects. */
  #settled: Promise<void> | undefined;
  #isDisposed = false;
  /** Ends the wait for room, if there is one. */
  #endWait: (() => void) | undefined;

  constructor(store: Store, topic: string, options: SinkBytesOptions, translate: Translate<T>) {
    this.#core = new SinkCore(store, topic, options);
    this.#topic = topic;
    this.#timers = innerPortOf(store).timers;
    this.#budget = options.highWaterMark ?? HIGH_WATER_MARK;
    this.#signal = options.signal;
    this.#translate = translate;
  }

  get isOver(): boolean {
    return this.#settled !== undefined;
  }

  get flushed(): SinkProgress {
    return this.#core.flushed;
  }

  start(controller: WritableStreamDefaultController): void {
    this.#unwatch = watchSignal(this.#signal, (reason) => {
      controller.error(reason);
      this.abort();
    });
  }

  /** Notes that the stream has taken a chunk, which {@linkcode write} will get; gives its size. */
  expect(): number {
    this.#queued.begin();
    return 1;
  }

  /**
   * Hands a chunk or a batch over, and waits while the budget is exceeded. Nothing to wait for is
   * no promise: a pipe makes one for each chunk as it is.
   */
  write(written: T): Promise<void> | undefined {
    try {
      return this.#write(written)?.catch((error) => this.#failed(error));
    } catch (error) {
      return this.#failed(error);
    }
  }

  async close(): Promise<void> {
    // The stream closes when no chunk is left, but counts those that it refuses once it is closing.
    this.#stop();
    const drained = this.#core.drain();
    this.#settled = drained.catch(() => undefined);
    await drained;
  }

  abort(): void {
    this.#stop();
    this.#settled ??= Promise.resolve();
  }

  /** Makes durable what was written, and refuses what comes later, unless the stream ends first. */
  async dispose(): Promise<void> {
    if (this.#settled === undefined) await this.#idle();
    if (this.#settled !== undefined) return await this.#settled;
    await this.#core.drain();
    this.#isDisposed = true;
    this.#unwatch?.();
  }

  #write(written: T): Promise<void> | undefined {
    if (this.#isDisposed) throw this.#ended("it was disposed of");
    const translated = this.#translate(written);
    return translated instanceof Promise
      ? this.#writeTranslated(translated)
      : this.#accepted(this.#core.accept(translated));
  }

  /** Waits for a translation, and refuses what it gives if the sink has ended meanwhile. */
  async #writeTranslated(translating: Promise<Written>): Promise<void> {
    const translated = await translating;
    if (this.isOver) throw this.#ended("it has ended");
    await this.#accepted(this.#core.accept(translated));
  }

  #accepted(extent: Extent | Promise<Extent>): Promise<void> | undefined {
    if (extent instanceof Promise) return extent.then((placed) => this.#accepted(placed));
    const { position, endPosition } = extent;
    if (endPosition > position) this.#inFlight.push(endPosition, endPosition - position);
    if (this.#inFlight.byteLength > this.#budget) return this.#makeRoom();
    this.#queued.end();
    return undefined;
  }

  /** A failed write is the end of the stream. */
  #failed(error: unknown): never {
    this.abort();
    throw error;
  }

  #ended(state: string): StoreError<"CLOSED"> {
    return alreadyEnded(`write to sink of topic ${this.#topic}`, state, "make another one");
  }

  /**
   * Settles when every chunk that the stream has taken was written or dropped, and a close that
   * waited for that has begun.
   */
  async #idle(): Promise<void> {
    await this.#queued.idle();
    await this.#timers.pause();
  }

  /** Forgets the chunks that the stream has dropped, and lets a write that waits for room go on. */
  #stop(): void {
    this.#unwatch?.();
    this.#queued.forget();
    this.#endWait?.();
  }

  /** Down to half the budget, so that the writer and the disk work at the same time. */
  async #makeRoom(): Promise<void> {
    const position = this.#inFlight.endPositionLeaving(this.#budget / 2);
    const stopped = Promise.withResolvers<void>();
    this.#endWait = stopped.resolve;
    await Promise.race([this.#core.reached(position), stopped.promise]);
    this.#endWait = undefined;
    this.#inFlight.takeUntil(position);
    this.#queued.end();
  }
}
