/**
 * How many delayed messages a writer delivers while a command has a store open: what was appended
 * to topics of users, but for what the command has appended itself.
 *
 * @module
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { resolve } from "node:path";
import { BROKER_TOPIC_PREFIXES, BROKER_TOPICS, OWN_TOPIC_PREFIX } from "../storage/layout/mod.ts";
import type { StreambedEvents } from "../storage/mod.ts";
import type { Context } from "./context.ts";
import { countText } from "./text.ts";

const CHANNEL = "streambed:append";

/** Counts from when it is made until it is disposed of. */
export class DeliveryCount {
  #count = 0;
  readonly #listen: (event: unknown) => void;

  /** Of the store in a directory. */
  constructor(directory: string) {
    const own = resolve(directory);
    this.#listen = (event) => {
      const { path, topic, count } = event as StreambedEvents[typeof CHANNEL];
      if (path === own && isOfUsers(topic)) this.#count += count;
    };
    subscribe(CHANNEL, this.#listen);
  }

  /** Messages that were delivered. */
  get value(): number {
    return this.#count;
  }

  /** Leaves out messages of the command, which have gone to this topic. */
  leaveOut(topic: string, count = 1): void {
    if (isOfUsers(topic)) this.#count -= count;
  }

  [Symbol.dispose](): void {
    unsubscribe(CHANNEL, this.#listen);
  }
}

/** Does what may open the store for writing, and says at the end what that has delivered. */
export async function tellingDeliveries<T>(
  context: Context,
  work: (delivered: DeliveryCount) => Promise<T>,
): Promise<T> {
  using delivered = new DeliveryCount(context.directory);
  try {
    return await work(delivered);
  } finally {
    const count = delivered.value;
    if (count > 0) context.note(`delivered ${countText(count, "delayed message")}, due by now`);
  }
}

/** Whether it is none in which messages wait, or a writer keeps what it knows. */
function isOfUsers(topic: string): boolean {
  return !BROKER_TOPICS.includes(topic) &&
    ![...BROKER_TOPIC_PREFIXES, OWN_TOPIC_PREFIX].some((prefix) => topic.startsWith(prefix));
}
