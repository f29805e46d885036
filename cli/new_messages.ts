/**
 * Which topics and queues `append` takes messages for: not those of a broker's or Streambed's own,
 * and none that a topic does not have, unless a new one is wanted.
 *
 * @module
 */
import { queueCounts } from "../storage/broker/mod.ts";
import { openRoot } from "../storage/directory/mod.ts";
import {
  BROKER_TOPIC_PREFIXES,
  BROKER_TOPICS,
  DEAD_LETTER_PREFIX,
  LIGHT_QUEUE_PREFIX,
  OWN_TOPIC_PREFIX,
  RETRY_PREFIX,
} from "../storage/layout/mod.ts";
import type { Message } from "../storage/mod.ts";
import { CommandError } from "./cli_error.ts";
import type { Context } from "./context.ts";

const OF_BROKER = "a broker writes it itself, and takes what is in it for its own; append to the " +
  "topic that the messages are for, with --delay or --at if they are to wait";
const SENT_BACK =
  "it holds what a group has sent back; append to the topic that the group reads, " +
  "or have it handled again by retry or dlq with --replay";

/** Beginnings of names of topics that are not for messages of users: why, and what to do. */
const RESERVED: readonly (readonly [beginning: string, state: string])[] = [
  ...BROKER_TOPIC_PREFIXES.map((prefix) => [prefix, OF_BROKER] as const),
  [RETRY_PREFIX, SENT_BACK],
  [DEAD_LETTER_PREFIX, SENT_BACK],
  [LIGHT_QUEUE_PREFIX, "it is a light queue, which shares messages of topics; append to a topic"],
  [OWN_TOPIC_PREFIX, "Streambed keeps there how far it has got; append to a topic of your own"],
];

/**
 * Refuses a topic that is not for messages of users; `line` is that of the input.
 *
 * @throws {CommandError} If it is one.
 */
export function refuseReservedTopic(topic: string, line?: number): void {
  const reason = BROKER_TOPICS.includes(topic)
    ? OF_BROKER
    : RESERVED.find(([beginning]) => topic.startsWith(beginning))?.[1];
  if (reason === undefined) return;
  throw new CommandError(
    `Cannot append${lineText(line)} to topic ${JSON.stringify(topic)}: ${reason}`,
  );
}

function lineText(line: number | undefined): string {
  return line === undefined ? "" : ` line ${line}`;
}

/** How many queues topics have by the broker's file; a topic that is not in it has any. */
export async function readQueueCounts(context: Context): Promise<ReadonlyMap<string, number>> {
  const { libc } = await context.environment();
  const { trustDirectory, logDirectories } = context.options;
  const directory = openRoot(libc, context.directory, { trustDirectory, logDirectories });
  try {
    return queueCounts(directory);
  } finally {
    directory.close();
  }
}

/**
 * Refuses a queue beyond those that its topic has: with it a broker would serve all before it too.
 *
 * @throws {CommandError} If it is one.
 */
export function refuseNewQueue(
  counts: ReadonlyMap<string, number>,
  { topic, queueId = 0 }: Pick<Message, "topic" | "queueId">,
  line?: number,
): void {
  const count = counts.get(topic);
  if (count === undefined || queueId < count) return;
  const known = count === 1 ? "queue 0 alone" : `queues 0 to ${count - 1}`;
  throw new CommandError(
    `Cannot append${lineText(line)} to queue ${queueId} of topic ${
      JSON.stringify(topic)
    }: it has ${known}; name ` +
      "one of them, or say --new-queue to give it more",
  );
}
