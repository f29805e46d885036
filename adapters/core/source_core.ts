/**
 * The part of a source that knows the store and no streams.
 *
 * @module
 */
import {
  argumentError,
  type InnerPort,
  innerPortOf,
  type Queue,
  showArgument,
  type Store,
  type StoredMessage,
  StoreError,
  type Turns,
  turnsOf,
} from "../../storage/mod.ts";
import type { Door } from "../../storage/arguments/mod.ts";
import { GroupProgress } from "./group_progress.ts";
import { DONE_DOOR } from "./rules.ts";
import type { SourceOptions } from "./source_options.ts";
import { TopicReader, type TopicReaderOptions } from "./topic_reader.ts";

/** What a source reads; beside the options of a source, it may start where the command line can. */
export interface SourceCoreOptions
  extends Pick<SourceOptions, "group" | "limit" | "follow" | "signal">, TopicReaderOptions {}

/**
 * Takes messages one by one, and keeps the progress of the group. It is the feed of a stream of
 * messages itself.
 */
export class SourceCore {
  readonly core: SourceCore = this;
  readonly doneDoor: Door<[message: StoredMessage]> = DONE_DOOR;
  readonly group: string | undefined;
  readonly #reader: TopicReader;
  readonly #progress: GroupProgress | undefined;
  readonly #follow: boolean;
  readonly #port: InnerPort;
  readonly #turns: Turns;
  readonly #stop: AbortController = new AbortController();
  #isStopped = false;
  #hasBegun = false;
  #batch: readonly StoredMessage[] = [];
  #at = 0;
  #leftCount: number;

  /** Takes the group's queues. Throws what {@linkcode source} throws. */
  constructor(store: Store, topic: string, options: SourceCoreOptions) {
    const { group, limit = Infinity, signal } = options;
    signal?.throwIfAborted();
    refuseUnflushed(topic, options);
    const progress = group === undefined ? undefined : new GroupProgress(store, group, topic);
    const visibility = progress ? "flushed" : options.visibility;
    const resume = progress && ((queue: Queue) => progress.claim(queue));
    try {
      this.#reader = new TopicReader(store, topic, { ...options, visibility, resume });
    } catch (error) {
      progress?.release();
      throw error;
    }
    this.group = group;
    this.#progress = progress;
    this.#port = innerPortOf(store);
    this.#turns = turnsOf(this.#port);
    this.#follow = options.follow ?? group !== undefined;
    this.#leftCount = limit;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** The next message if it is in memory, and the event loop need not have its turn first. */
  ready(): StoredMessage | undefined {
    return this.#turns.isDue() ? undefined : this.#hand();
  }

  #hand(): StoredMessage | undefined {
    if (this.#at === this.#batch.length || this.#leftCount === 0) return undefined;
    const message = this.#batch[this.#at++];
    this.#leftCount--;
    this.#progress?.deliver(message);
    return message;
  }

  /** The next message, or `undefined` at the end. Waits if it follows. */
  async next(): Promise<StoredMessage | undefined> {
    if (this.#turns.isDue()) await this.#turns.pause();
    if (this.isStopped) return undefined;
    if (this.#at === this.#batch.length && this.#leftCount > 0) await this.#fill();
    const message = this.#hand();
    if (message === undefined && !this.isStopped) this.#progress?.end();
    return message;
  }

  /** Says that a message is done, if there is a group. */
  done(message: StoredMessage): void {
    this.#progress?.done(message);
  }

  /**
   * Says that the message which was handed out last is passed over: it does not count, and is done
   * as soon as all before it are.
   */
  pass(message: StoredMessage): void {
    this.#leftCount++;
    this.#progress?.pass(message);
  }

  /** Ends waiting and reading, and gives the group back; harmless when repeated. */
  stop(): void {
    this.#isStopped = true;
    this.#stop.abort();
    this.#progress?.release();
    this.#batch = [];
    this.#at = 0;
  }

  /** Until there is a message in memory, or the end. */
  async #fill(): Promise<void> {
    const { signal } = this.#stop;
    try {
      // All there is includes what is due and not delivered yet.
      if (!this.#hasBegun && !this.#follow) await this.#port.deliverDue({ signal });
      this.#hasBegun = true;
      while (this.#at === this.#batch.length) {
        const messages = await this.#reader.take(signal);
        if (signal.aborted) return;
        this.#batch = messages;
        this.#at = 0;
        if (messages.length > 0 || !this.#follow || this.#reader.isOver) return;
        await this.#reader.wait(signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      // For a source that follows, a store that was closed without failing is the end. One that
      // does not follow asked for all there is, and would take the end for all of it.
      if (!StoreError.is(error, "CLOSED") || !this.#follow) throw error;
      if (error.cause !== undefined) throw error.cause;
    }
  }
}

function refuseUnflushed(topic: string, { group, visibility }: SourceCoreOptions): void {
  if (group === undefined || visibility !== "committed") return;
  throw argumentError(
    "ERR_INVALID_ARG_VALUE",
    `Cannot read topic ${
      showArgument(topic)
    } as group ${group}: visibility is "committed", a group sees "flushed" only`,
  );
}
