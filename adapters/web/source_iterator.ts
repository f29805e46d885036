/**
 * Iterating over a source, one message asked for at a time.
 *
 * @module
 */
import type { StoredMessage } from "../../storage/mod.ts";

/** Asking for a message is what tells that the one before was done; the iterator of the stream does not tell it. */
export class SourceIterator implements AsyncIterableIterator<StoredMessage> {
  readonly #reader: ReadableStreamDefaultReader<StoredMessage>;
  readonly #commit: (message: StoredMessage) => void;
  readonly #preventCancel: boolean;
  #last: StoredMessage | undefined;
  #isOver = false;
  #previous: Promise<unknown> = Promise.resolve();

  /** Takes over a reader, and calls `commit` for each message whose successor is asked for. */
  constructor(
    reader: ReadableStreamDefaultReader<StoredMessage>,
    commit: (message: StoredMessage) => void,
    { preventCancel = false }: ReadableStreamIteratorOptions,
  ) {
    this.#reader = reader;
    this.#commit = commit;
    this.#preventCancel = preventCancel;
  }

  /** Commits the message that was handed out last, then gives the next one. */
  next(): Promise<IteratorResult<StoredMessage, undefined>> {
    // Calls that do not wait for each other are served in turn, or the first would not know what to commit.
    const step = this.#previous.then(() => this.#step(), () => this.#step());
    this.#previous = step;
    return step;
  }

  /** Gives the group back; the message that was handed out last is not committed. */
  async return(): Promise<IteratorResult<StoredMessage, undefined>> {
    if (!this.#isOver) {
      const cancelled = this.#preventCancel ? undefined : this.#reader.cancel();
      this.#finish();
      await cancelled;
    }
    return { done: true, value: undefined };
  }

  /** The iterator itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  async #step(): Promise<IteratorResult<StoredMessage, undefined>> {
    if (this.#isOver) return { done: true, value: undefined };
    try {
      if (this.#last) this.#commit(this.#last);
      this.#last = undefined;
      const { done, value } = await this.#reader.read();
      if (!done && !this.#isOver) {
        this.#last = value;
        return { done: false, value };
      }
    } catch (error) {
      this.#finish();
      throw error;
    }
    this.#finish();
    return { done: true, value: undefined };
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#last = undefined;
    this.#reader.releaseLock();
  }
}
