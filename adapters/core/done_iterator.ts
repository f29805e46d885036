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
    // Calls that overlap are served in turn, or the first would not know what is done.
    if (this.#runningCount > 0) return this.#running(this.#previous.then(() => this.#step()));
    const step = this.#step();
    return step instanceof Promise ? this.#running(step) : Promise.resolve(step);
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

  #running(step: Promise<Step<Shown>>): Promise<Step<Shown>> {
    const settled = (): number => this.#runningCount--;
    this.#runningCount++;
    this.#previous = step.then(settled, settled);
    return step;
  }

  /** At once where the stream has something at hand: a promise more costs as much as reading. */
  #step(): Step<Shown> | Promise<Step<Shown>> {
    if (this.#isOver) return DONE;
    try {
      this.#doneLast();
      const taken = this.#stream.take();
      return taken instanceof Promise ? this.#later(taken) : this.#hand(taken);
    } catch (error) {
      this.#finish();
      return Promise.reject(error);
    }
  }

  async #later(taking: Promise<T | undefined>): Promise<Step<Shown>> {
    try {
      return this.#hand(await taking);
    } catch (error) {
      this.#finish();
      throw error;
    }
  }

  #hand(value: T | undefined): Step<Shown> {
    if (value === undefined || this.#isOver) {
      this.#finish();
      return DONE;
    }
    this.#last = value;
    return { done: false, value: this.#show(value) };
  }

  #doneLast(): void {
    const last = this.#last;
    this.#last = undefined;
    const { core } = this.#feed;
    // If the source was ended meanwhile, the next take() tells it.
    if (last !== undefined && core.group !== undefined && !core.isStopped) this.#feed.done(last);
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
