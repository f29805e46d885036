/**
 * A request to append: messages that are placed in the log together.
 *
 * @module
 */
import { keepBody, type PreparedMessage } from "../layout/mod.ts";
import { PlacedMessages } from "./placed_messages.ts";

/** A queue as the log's writer sees it: where the next message goes. */
export interface AppendQueue {
  readonly topic: string;
  readonly queueId: number;
  nextOffset: number;
  /** Takes the entry of a message once it is committed. */
  put(position: number, message: PreparedMessage, storeTimestamp: number): void;
}

/** Messages to append, encoded in order; the request is placed when the last one is. */
export class AppendRequest {
  readonly messages: readonly PreparedMessage[];
  /** The queue of each message. */
  readonly queues: readonly AppendQueue[];
  /** Whether all messages appear at once. */
  readonly isAtomic: boolean;
  /** Places of the messages encoded so far. */
  readonly placed: PlacedMessages;
  #waiter: PromiseWithResolvers<void> | undefined;
  #error: Error | undefined;
  #isSettled = false;

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

  /** Copies bodies not encoded yet: after the call the caller may change its buffers. */
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

  /** Marks every message as placed. */
  settle(): void {
    this.#isSettled = true;
    this.#waiter?.resolve();
  }

  /** Rejects the request; what was encoded before may still be written. */
  fail(error: Error): void {
    if (this.#isSettled) return;
    this.#error = error;
    this.#waiter?.reject(error);
  }
}
