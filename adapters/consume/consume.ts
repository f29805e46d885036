/**
 * A group that handles messages, and tries again what fails.
 *
 * @module
 */
import { checkCall, dropPromise, isPromise } from "../../storage/arguments/mod.ts";
import {
  deadLetterTopic,
  DELAY_LEVELS_MS,
  DELAY_MS_MAX,
  FLAG_INNER_BATCH,
  retryTopic,
} from "../../storage/layout/mod.ts";
import {
  argumentError,
  innerPortOf,
  queueName,
  readOnlyStore,
  showArgument,
  type Store,
  type StoredMessage,
  type Turns,
  turnsOf,
} from "../../storage/mod.ts";
import { queueIdsOf, RunStop } from "../core/mod.ts";
import { Lane, type Taken } from "./lane.ts";
import type { ConsumeOptions, ConsumeResult } from "./options.ts";
import { OrderedWork } from "./ordered_work.ts";
import { CONSUME_DOOR, RETRY_LIMIT } from "./rules.ts";

/** RocketMQ's delay of the first retry is its third level. */
const FIRST_LEVEL = 3;

/**
 * Hands every message of a topic to `handle`, as a group. One that fails is tried again after a
 * delay, and after the last try it is kept as a dead letter.
 *
 * Each message is handled at least once. A crash repeats at most what was not done, or not yet kept
 * as done (`groupIntervalMs`). What fails becomes exactly one copy a try, also through crashes: in
 * `%RETRY%<group>`, or after the last try in `%DLQ%<group>`, with `reconsumeTimes` and the cause
 * (property `SB_CAUSE`). A group consumes one topic, and one process at a time what it sent back.
 *
 * @example Usage
 * ```ts ignore
 * await consume(store, "orders", {
 *   group: "mail",
 *   concurrency: 8,
 *   order: "key",
 *   retry: { limit: 5 },
 *   handle: async (order, { signal }) => await sendMail(order.json(), signal),
 * });
 * ```
 *
 * @param store Store of the topic. With `readOnly` another process may write it; `into` is needed
 * then.
 * @param topic Topic to read.
 * @param options Who handles what, and what becomes of what fails.
 * @returns What was done, when the topic has ended; never if it follows. What waits for its next
 * try is left for the first run that begins when that is due. A store that was opened with
 * `readOnly` delivers nothing.
 * @throws {TypeError} If an option is unknown, of the wrong type, or left out though required, or
 * the topic is one that the group puts messages into.
 * @throws {RangeError} If a number is out of range.
 * @throws {StoreError<"READ_ONLY">} If there is no store that takes what is sent back.
 * @throws {StoreError<"GROUP_BUSY">} If another reads a queue for the group, in any process.
 * @throws {StoreError<"OFFSET_OUT_OF_RANGE">} If messages were deleted before the group read them.
 * @throws {StoreError<"PERMISSION_DENIED">} If it may not write into `streambed/groups` of a store
 * that was opened with `readOnly`.
 * @throws {StoreError<"MESSAGE_TOO_LARGE">} If a message does not fit into the store that takes its
 * copy, or its properties leave no room for those of a copy; names the message. It stays where it
 * was: the next run ends there too, unless `handle` does not fail for it, or `moveGroup()` leads
 * past it.
 * @throws {StoreError<"CLOSED">} If a store is closed meanwhile.
 * @throws What `handle` throws at the last try, with `deadLetter: false`; at any try for a batch of
 * RocketMQ's (`sysFlag` 0x80), which is one record of many messages and cannot be sent back.
 * @throws The reason of `signal`.
 */
export async function consume(
  store: Store,
  topic: string,
  options: ConsumeOptions,
): Promise<ConsumeResult> {
  checkCall(CONSUME_DOOR, store, topic, options);
  return await consumeOpened(store, topic, options, (message) => message);
}

/** What will not fit at the next try either, so that it is a dead letter at once. */
export class Unfit {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/** What is handled instead of a message; `undefined` if that is passed over. */
export type Opened<M> = M | Unfit | undefined;

/** Makes of a message what is handled. What it throws ends the run. */
export type Opening<M> = (message: StoredMessage) => Opened<M> | Promise<Opened<M>>;

/** What a message failed with. */
interface Failure {
  readonly error: unknown;
  /** Whether another try is of no use. */
  readonly isFinal: boolean;
}

/** Consumes what is made of messages; options and arguments were looked at. */
export async function consumeOpened<M>(
  store: Store,
  topic: string,
  options: ConsumeOptions<M>,
  open: Opening<M>,
): Promise<ConsumeResult> {
  options.signal?.throwIfAborted();
  const { group, into = store } = options;
  refuseOwnTopic(topic, group);
  if (into.info.role === "reader") {
    const action = `consume topic ${showArgument(topic)} as group ${group}`;
    throw readOnlyStore(action, "give it a store of its own for what it sends back, `into`");
  }
  const stop = new RunStop({
    action: `consume topic ${showArgument(topic)}`,
    stores: [into, store],
    signal: options.signal,
  });
  try {
    return await new ConsumeRun({ ...options, store, topic, into, open, stop }).run();
  } finally {
    stop.release();
  }
}

interface RunParts<M> extends ConsumeOptions<M> {
  readonly store: Store;
  readonly topic: string;
  readonly into: Store;
  readonly open: Opening<M>;
  readonly stop: RunStop;
}

class ConsumeRun<M> {
  readonly #parts: RunParts<M>;
  readonly #work: OrderedWork;
  readonly #turns: Turns;
  readonly #lanes: Lane[] = [];
  /** What ended the run, which may be nothing that a signal can tell. */
  #failure: { readonly error: unknown } | undefined;
  readonly #result = { doneCount: 0, retriedCount: 0, deadLetterCount: 0, skippedCount: 0 };

  constructor(parts: RunParts<M>) {
    this.#parts = parts;
    this.#work = new OrderedWork(parts.concurrency ?? 1);
    this.#turns = turnsOf(innerPortOf(parts.into));
  }

  async run(): Promise<ConsumeResult> {
    const { follow = true, stop } = this.#parts;
    // What waits for room must see the end.
    stop.signal.addEventListener("abort", () => this.#lanes.forEach(({ room }) => room.end()));
    await this.#orStop(async () => {
      this.#openLanes();
      for (const lane of this.#lanes) await lane.begin();
      if (!follow) return await this.#drain();
      const following = this.#lanes.map((lane) => this.#orStop(() => this.#follow(lane)));
      await Promise.all(following);
    });
    await this.#work.idle();
    for (const lane of this.#lanes) await this.#orStop(() => lane.end());
    for (const lane of this.#lanes) lane.release();
    if (this.#failure !== undefined) throw this.#failure.error;
    if (stop.signal.aborted) throw stop.signal.reason;
    return { ...this.#result };
  }

  /** What cannot be helped ends the run; it never rejects. */
  async #orStop(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { stop } = this.#parts;
      // What waits ends so; messages under way go on.
      if (stop.signal.aborted && error === stop.signal.reason) return;
      if (!stop.signal.aborted) this.#failure = { error };
      stop.stopNow(error);
    }
  }

  #openLanes(): void {
    const { store, topic, group, into, from, since, queueIds, tags } = this.#parts;
    const shared = { group, into };
    const selection = { from, since, queueIds, tags };
    this.#lanes.push(new Lane({ ...shared, ...selection, store, topic, isRetry: false }));
    const retry = retryTopic(group);
    // Queue 0 is claimed before there is one: two runs would meet only at the first failure.
    const retryIds = new Set([0, ...queueIdsOf(into, retry)]);
    const backs = { store: into, topic: retry, queueIds: [...retryIds], isRetry: true };
    this.#lanes.push(new Lane({ ...shared, ...backs }));
  }

  async #follow(lane: Lane): Promise<void> {
    const { signal } = this.#parts.stop;
    while (!signal.aborted) {
      const messages = await lane.take(signal);
      if (messages === undefined) await lane.wait(signal);
      else await this.#add(lane, messages);
    }
  }

  /** Until nothing is left that can be handled now; what is sent back may come at once. */
  async #drain(): Promise<void> {
    const { store, into, stop: { signal } } = this.#parts;
    for (const one of new Set([store, into])) await innerPortOf(one).deliverDue({ signal });
    for (let isDrained = false; !isDrained && !signal.aborted;) {
      isDrained = true;
      for (const lane of this.#lanes) {
        for (;;) {
          const messages = await lane.take(signal);
          if (messages === undefined) break;
          isDrained = false;
          await this.#add(lane, messages);
        }
      }
      await this.#work.idle();
    }
  }

  async #add(lane: Lane, messages: readonly StoredMessage[]): Promise<void> {
    const { stop, order = "queue" } = this.#parts;
    for (const message of messages) {
      if (this.#turns.isDue()) await this.#turns.pause();
      await lane.room.wait();
      if (stop.signal.aborted) return;
      const taken = await lane.add(message);
      if (taken === undefined) continue;
      const keys = order === "key" ? message.keys : [queueName(message.topic, message.queueId)];
      this.#work.add(keys, () => this.#orStop(() => this.#handle(lane, taken)));
    }
  }

  /** One message; what it leaves undone when the run is to end, the next run does. */
  async #handle(lane: Lane, taken: Taken): Promise<void> {
    const { signal } = this.#parts.stop;
    if (signal.aborted) return;
    const { message } = taken;
    const attempt = lane.isRetry ? message.reconsumeTimes + 1 : 1;
    const failure = await this.#call(message, attempt);
    if (failure !== undefined) {
      if (signal.aborted) return;
      await this.#sendBack(lane, message, attempt, failure);
    }
    lane.done(taken);
  }

  /** Handles a message; gives what it failed with, if it did. */
  async #call(message: StoredMessage, attempt: number): Promise<Failure | undefined> {
    const { open, handle, stop } = this.#parts;
    const opening = open(message);
    const opened = isPromise(opening) ? await stop.until(opening) : opening;
    if (opened === undefined) {
      this.#result.skippedCount++;
      return undefined;
    }
    if (opened instanceof Unfit) return { error: opened.cause, isFinal: true };
    try {
      const handling = handle(opened, { attempt, signal: stop.signal });
      if (isPromise(handling)) await stop.until(Promise.resolve(handling));
    } catch (error) {
      return { error, isFinal: false };
    }
    this.#result.doneCount++;
    return undefined;
  }

  async #sendBack(
    lane: Lane,
    message: StoredMessage,
    attempt: number,
    { error, isFinal }: Failure,
  ): Promise<void> {
    const { group, retry: { limit = RETRY_LIMIT, deadLetter = true } = {} } = this.#parts;
    const isLast = isFinal || attempt > limit;
    if (isLast && !deadLetter) throw error;
    // A batch of RocketMQ's is one record of many messages, which only its own topic can hold.
    if ((message.sysFlag & FLAG_INNER_BATCH) !== 0) throw error;
    const cause = causeOf(error);
    const topic = isLast ? deadLetterTopic(group) : retryTopic(group);
    const delayMs = isLast ? 0 : this.#delayMs(attempt);
    await lane.sendBack({ message, topic, delayMs, reconsumeTimes: attempt, cause });
    const { events } = innerPortOf(this.#parts.into);
    events.tell("streambed:retry", () => ({ group, attempt, deadLetter: isLast }));
    if (isLast) this.#result.deadLetterCount++;
    else this.#result.retriedCount++;
  }

  #delayMs(attempt: number): number {
    const { group, retry } = this.#parts;
    const level = Math.min(FIRST_LEVEL + attempt - 1, DELAY_LEVELS_MS.length);
    if (retry?.delayMs === undefined) return DELAY_LEVELS_MS[level - 1];
    const delayMs: unknown = retry.delayMs(attempt);
    // What grows with each try comes past the longest level, and must not end the run then.
    if (typeof delayMs === "number" && delayMs >= 0) return Math.min(delayMs, DELAY_MS_MAX);
    const given = dropPromise(delayMs) ? "a promise" : showArgument(delayMs);
    throw argumentError(
      typeof delayMs === "number" ? "ERR_OUT_OF_RANGE" : "ERR_INVALID_ARG_TYPE",
      `Cannot try message of group ${group} again: delayMs(${attempt}) gave ${given}, it must ` +
        "give a number of milliseconds, 0 or more",
    );
  }
}

/** What fails there would come back to the same topic, again and again. */
function refuseOwnTopic(topic: string, group: string): void {
  if (topic !== retryTopic(group) && topic !== deadLetterTopic(group)) return;
  throw argumentError(
    "ERR_INVALID_ARG_VALUE",
    `Cannot consume topic ${showArgument(topic)} as group ${group}: the group itself puts ` +
      "messages there; use another group",
  );
}

/** What was thrown, in words: it may be anything, and refuse to tell. */
function causeOf(error: unknown): string {
  try {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    return dropPromise(error) ? "a promise" : showArgument(error);
  } catch {
    return "what was thrown cannot be shown";
  }
}
