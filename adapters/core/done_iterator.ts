/**
 * Iterating over a source, where asking for the next message says that the one before is done.
 *
 * @module
 */
import type { MessageFeed } from "./source_feed.ts";

type Step<T> = IteratorResult<T, undefined>;

/** What a {@linkcode DoneIterator} needs of its stream. */
export interface IteratedStream<T> {
  /** The next one; `undefined` at the end, and when the stream was left. */
  take(): T | undefined | Promise<T | undefined>;
  /** Ends the stream; a `take()` that waits gives `undefined`. */
  leave(): void | Promise<void>;
  /** Lets others read the stream. */
  release(): void;
}

const DONE: Step<never> = { done: true, value: undefined };

/**
 * Tells the stream that a message (or batch) is done when the next is asked for. Hands out what
 * `show` makes of each.
 */
export class DoneIterator<T, Shown = T> implements AsyncIterableIterator<Shown> {
  readonly #feed: MessageFeed<T>;
  readonly #stream: IteratedStream<T>;
  readonly #keepsOpen: boolean;
  readonly #show: (chunk: T) => Shown;
  #last: T | undefined;
  #isOver = false;
  #runningCount = 0;
  #previous: Promise<unknown> = Promise.resolve();

  /** `keepsOpen` leaves the stream open for others when the loop is left. */
  constructor(
    feed: MessageFeed<T>,
    stream: IteratedStream<T>,
    keepsOpen: boolean,
    show: (chunk: T) => Shown,
  ) {
    this.#feed = feed;
    this.#stream = stream;
    this.#keepsOpen = keepsOpen;
    this.#show = show;
  }

  next(): Promise<Step<Shown>> {
    const step = this.#runningCount === 0
      ? this.#step()
      // Calls that overlap are served in turn, or the first would not know what is done.
      : this.#previous.then(() => this.#step());
    const settled = (): number => this.#runningCount--;
    this.#runningCount++;
    this.#previous = step.then(settled, settled);
    return step;
  }

  /** Gives the group back; the message that was handed out last is not done. */
  async return(): Promise<Step<Shown>> {
    // The next reader of the stream must not miss a message that is on its way to this one.
    if (this.#keepsOpen) await this.#previous;
    if (!this.#isOver) {
      const left = this.#keepsOpen ? undefined : this.#stream.leave();
      this.#finish();
      await left;
    }
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #step(): Promise<Step<Shown>> {
    if (this.#isOver) return DONE;
    try {
      this.#doneLast();
      const taken = this.#stream.take();
      const value = taken instanceof Promise ? await taken : taken;
      if (value !== undefined && !this.#isOver) {
        this.#last = value;
        return { done: false, value: this.#show(value) };
      }
    } catch (error) {
      this.#finish();
      throw error;
    }
    this.#finish();
    return DONE;
  }

  #doneLast(): void {
    const last = this.#last;
    this.#last = undefined;
    // If the source was ended meanwhile, the next take() tells it.
    if (last !== undefined && !this.#feed.core.isStopped) this.#feed.done(last);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#last = undefined;
    this.#stream.release();
  }
}

/** For an iterator that hands out what the feed gives. */
export function asGiven<T>(chunk: T): T {
  return chunk;
}
