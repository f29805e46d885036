/**
 * Messages that somebody handed over together, on their way into the log.
 *
 * @module
 */
import { keepBody, type PreparedMessage } from "../layout/mod.ts";
import { PlacedMessages } from "./placed_messages.ts";

/** A queue as the log's writer sees it: where the next message goes. */
export interface AppendQueue {
  /** Topic. */
  readonly topic: string;
  /** Number of the queue in its topic. */
  readonly queueId: number;
  /** Offset of the next message. */
  nextOffset: number;
  /** Takes the entry of a message once it is committed. */
  put(position: number, message: PreparedMessage, storeTimestamp: number): void;
}

/** One request. Messages are encoded in order; when the last one is, the request is placed. */
export class AppendRequest {
  /** What. */
  readonly messages: readonly PreparedMessage[];
  /** The queue of each message. */
  readonly queues: readonly AppendQueue[];
  /** Whether all of it appears at once. */
  readonly isAtomic: boolean;
  /** Where the messages that are encoded so far went. */
  readonly placed: PlacedMessages;
  #waiter: PromiseWithResolvers<void> | undefined;
  #error: Error | undefined;
  #isSettled = false;

  /**
   * Makes a request.
   *
   * @param messages What.
   * @param queues The queue of each message.
   * @param isAtomic Whether all of it appears at once.
   */
  constructor(
    messages: readonly PreparedMessage[],
    queues: readonly AppendQueue[],
    isAtomic: boolean,
  ) {
    this.messages = messages;
    this.queues = queues;
    this.isAtomic = isAtomic;
    this.placed = new PlacedMessages(queues);
  }

  /** Copies the bodies that are not encoded yet: they are the caller's again when the call returns. */
  keepBodies(): void {
    for (let index = this.placed.count; index < this.messages.length; index++) {
      keepBody(this.messages[index]);
    }
  }

  /** Settles when every message has its place. */
  whole(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#isSettled) return Promise.resolve();
    this.#waiter ??= Promise.withResolvers();
    return this.#waiter.promise;
  }

  /** Tells that every message has its place. */
  settle(): void {
    this.#isSettled = true;
    this.#waiter?.resolve();
  }

  /**
   * Tells that it failed. What was encoded before may still be written.
   *
   * @param error Why.
   */
  fail(error: Error): void {
    if (this.#isSettled) return;
    this.#error = error;
    this.#waiter?.reject(error);
  }
}
