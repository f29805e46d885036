/**
 * The rows of the table of arguments about consuming.
 *
 * @module
 */
import {
  bag,
  boolean,
  callback,
  type Door,
  door,
  oneOf,
  preset,
  required,
  type Rule,
  type Rules,
  STORE,
  text,
  TIMES,
  TOPIC_ON_DISK,
  wholeNumber,
} from "../../storage/arguments/mod.ts";
import { isTopicName, retryTopic } from "../../storage/layout/mod.ts";
import type { Store, StoredMessage } from "../../storage/mod.ts";
import { SELECTION_ROWS } from "../core/mod.ts";
import type { ConsumeOptions, RetryOptions } from "./options.ts";

/** How often a message is tried again unless asked otherwise, as in RocketMQ. */
export const RETRY_LIMIT = 16;

/** The topic that its messages are sent back to has its name. */
const GROUP: Rule<string> = text(
  "1 to 248 of the characters A-Z a-z 0-9 % | - _",
  (name) => name !== "" && isTopicName(retryTopic(name)),
);

const ROWS: Rules<ConsumeOptions<never>> = {
  ...SELECTION_ROWS,
  group: required(GROUP),
  handle: required(callback()),
  concurrency: wholeNumber({ least: 1, fallback: 1 }),
  order: preset(oneOf(["queue", "key"]), "queue"),
  retry: bag<RetryOptions>({
    limit: wholeNumber({ fallback: RETRY_LIMIT }),
    delayMs: callback(),
    deadLetter: boolean(true),
  }),
  into: STORE,
};

/** Options of what hands over messages of any kind. */
export function consumeOptions<M>(): Rule<ConsumeOptions<M>> {
  return bag<ConsumeOptions<M>>(ROWS as Rules<ConsumeOptions<M>>, { not: TIMES.not });
}

export const CONSUME_DOOR: Door<[store: Store, topic: string, options: ConsumeOptions]> = door(
  "consume topic",
  "store topic options",
  [required(STORE), required(TOPIC_ON_DISK), required(consumeOptions<StoredMessage>())],
);
