/**
 * Reads a queue message by message, and waits at its end where asked to.
 *
 * @module
 */
import type { StoredMessage } from "../types.ts";

/** Reads the next messages: none means the end for now. */
export type ReadMore = (limit: number) => StoredMessage[];

/** What an iterator is made of. */
export interface QueueIteratorParts {
  /** Reads the next messages. */
  readonly readMore: ReadMore;
  /** Messages at most. */
  readonly limit: number;
  /** Whether to wait for more at the end. */
  readonly follow: boolean;
  /** Waits for a change. */
  readonly changed: (signal?: AbortSignal) => Promise<void>;
  /** Whether the store was closed, which ends the reading. Throws why if it had failed before. */
  readonly isClosed: () => boolean;
  /** Ends the reading with its reason. */
  readonly signal: AbortSignal | undefined;
}

type Step = IteratorResult<StoredMessage, undefined>;

/** An iterator of its own rather than a generator: several times cheaper a message. */
export class QueueIterator implements AsyncIterableIterator<StoredMessage> {
  readonly #parts: QueueIteratorParts;
  readonly #stop = new AbortController();
  #signal: AbortSignal | undefined;
  #messages: StoredMessage[] = [];
  #at = 0;
  #left: number;
  #isDone = false;
  #waiting: Promise<Step> | undefined;

  /**
   * Makes an iterator; reads nothing yet.
   *
   * @param parts What it is made of.
   */
  constructor(parts: QueueIteratorParts) {
    this.#parts = parts;
    this.#left = parts.limit;
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next message. Calls are answered in order. */
  next(): Promise<Step> {
    if (this.#waiting !== undefined) {
      const waiting = this.#waiting.then(() => this.next());
      return waiting;
    }
    try {
      const step = this.#take();
      if (step !== undefined) return Promise.resolve(step);
    } catch (error) {
      this.#isDone = true;
      return Promise.reject(error);
    }
    this.#waiting = this.#follow().finally(() => this.#waiting = undefined);
    return this.#waiting;
  }

  /** Ends the reading; a `next()` that waits ends too. */
  return(): Promise<Step> {
    this.#isDone = true;
    this.#messages = [];
    this.#stop.abort();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the reading. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** The next step, or `undefined` if it has to wait. */
  #take(): Step | undefined {
    this.#isDone ||= this.#parts.isClosed();
    if (this.#isDone) return { done: true, value: undefined };
    this.#parts.signal?.throwIfAborted();
    if (this.#at === this.#messages.length && this.#left > 0) {
      this.#messages = this.#parts.readMore(this.#left);
      this.#at = 0;
    }
    if (this.#at < this.#messages.length) {
      this.#left--;
      return { done: false, value: this.#messages[this.#at++] };
    }
    if (this.#parts.follow && this.#left > 0) return undefined;
    this.#isDone = true;
    return { done: true, value: undefined };
  }

  /** The caller's signal or our own, made once: each combination leaves a listener behind. */
  #either(): AbortSignal {
    const { signal } = this.#parts;
    this.#signal ??= signal === undefined
      ? this.#stop.signal
      : AbortSignal.any([signal, this.#stop.signal]);
    return this.#signal;
  }

  async #follow(): Promise<Step> {
    for (;;) {
      try {
        await this.#parts.changed(this.#either());
        const step = this.#take();
        if (step !== undefined) return step;
      } catch (error) {
        const isReturned = this.#isDone;
        this.#isDone = true;
        if (isReturned) return { done: true, value: undefined };
        throw error;
      }
    }
  }
}
