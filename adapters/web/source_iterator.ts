/**
 * Iterating over a source, one message asked for at a time.
 *
 * @module
 */
import type { StoredMessage } from "../../storage/mod.ts";
import type { SourceEnd } from "./source_end.ts";

type Step = IteratorResult<StoredMessage, undefined>;

const DONE: Step = { done: true, value: undefined };

/**
 * Asking for a message is what tells that the one before was done; the iterator of the stream does not tell
 * it. This one holds the stream's reader, so that nobody else reads, and takes messages past the stream, which
 * costs more than reading them.
 */
export class SourceIterator implements AsyncIterableIterator<StoredMessage> {
  readonly #reader: ReadableStreamDefaultReader<StoredMessage>;
  readonly #end: SourceEnd;
  readonly #preventCancel: boolean;
  #last: StoredMessage | undefined;
  #isOver = false;
  #runningCount = 0;
  #previous: Promise<unknown> = Promise.resolve();

  /** Takes over a reader. */
  constructor(
    reader: ReadableStreamDefaultReader<StoredMessage>,
    end: SourceEnd,
    { preventCancel = false }: ReadableStreamIteratorOptions,
  ) {
    this.#reader = reader;
    this.#end = end;
    this.#preventCancel = preventCancel;
  }

  /** Commits the message that was handed out last, then gives the next one. */
  next(): Promise<Step> {
    const step = this.#runningCount === 0
      ? this.#step()
      // Calls that do not wait for each other are served in turn, or the first would not know what to commit.
      : this.#previous.then(() => this.#step());
    const settled = (): number => this.#runningCount--;
    this.#runningCount++;
    this.#previous = step.then(settled, settled);
    return step;
  }

  /** Gives the group back; the message that was handed out last is not committed. */
  async return(): Promise<Step> {
    // Whoever reads the stream afterwards must not miss a message that is on its way to somebody else.
    if (this.#preventCancel) await this.#previous;
    if (!this.#isOver) {
      const cancelled = this.#preventCancel ? undefined : this.#reader.cancel();
      this.#finish();
      await cancelled;
    }
    return DONE;
  }

  /** The iterator itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  async #step(): Promise<Step> {
    if (this.#isOver) return DONE;
    try {
      this.#commitLast();
      const value = this.#end.isAhead
        ? (await this.#reader.read()).value
        : this.#end.core.ready() ?? await this.#end.next();
      if (value !== undefined && !this.#isOver) {
        this.#last = value;
        return { done: false, value };
      }
      if (!this.#isOver) await this.#reader.closed;
    } catch (error) {
      this.#finish();
      throw error;
    }
    this.#finish();
    return DONE;
  }

  #commitLast(): void {
    const last = this.#last;
    this.#last = undefined;
    // If somebody ended the source while the message was worked on, the end of the stream tells it.
    if (last && !this.#end.core.isStopped) this.#end.core.commit(last);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#last = undefined;
    this.#reader.releaseLock();
  }
}
