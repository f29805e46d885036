/**
 * `streambed get MESSAGE`: one message, by its position, its id or its `UNIQ_KEY`.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { TOPIC_ON_DISK } from "../storage/arguments/mod.ts";
import { messageId, positionOfId, UNIQ_KEY_NAME } from "../storage/layout/mod.ts";
import type { Store, StoredMessage, StoreInfo } from "../storage/mod.ts";
import { checked, wholeNumber } from "./arguments.ts";
import { CommandError, UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { type BodyOptions, FORMAT_HELP, makeWordPrinter } from "./format.ts";
import { topicOf, withReader } from "./open_store.ts";

interface Options extends BodyOptions {
  readonly topic?: string;
}

/** What a producer's `UNIQ_KEY` is, or the id that a broker gave: never a number so short. */
const LEAST_ID_LENGTH = 32;

export function addGet(program: Command, context: Context): void {
  program.command("get")
    .description("print a message: by position, message id or UNIQ_KEY")
    .argument("<message>", "position in the log, RocketMQ's message id, or UNIQ_KEY", parseWhich)
    .option(
      "--topic <topic>",
      "seek a UNIQ_KEY in this topic alone",
      checked("--topic", TOPIC_ON_DISK),
    )
    .option("--format <tokens>", FORMAT_HELP)
    .option("--body", "only the body, as it is")
    .action(async (which: number | string, options: Options) => {
      const print = makeWordPrinter(context, { ...options, whole: true });
      if (typeof which === "number" && options.topic !== undefined) throw topicInVain(which);
      await withReader(context, async (store) => {
        const found = typeof which === "number"
          ? [await messageAt(store, which)]
          : await messagesOf(context, store, which, options.topic);
        found.forEach(print);
      });
    });
}

function parseWhich(text: string): number | string {
  const isNumber = /^-?[0-9]+$/.test(text) && text.length < LEAST_ID_LENGTH;
  return isNumber || text === "" ? wholeNumber("a position")(text) : text;
}

async function messageAt(store: Store, position: number): Promise<StoredMessage> {
  const message = await store.get(position);
  if (message === undefined) throw noMessage(position, store.info);
  return message;
}

/** By the id that the broker gave, else by the one that the producer gave, which several carry. */
async function messagesOf(
  context: Context,
  store: Store,
  id: string,
  topic: string | undefined,
): Promise<StoredMessage[]> {
  const position = positionOfId(id);
  const stored = position === undefined ? undefined : await store.get(position);
  // What a producer made looks alike, and names another host and place.
  if (stored && messageId(stored.storeHost, stored.position) === id.toUpperCase()) return [stored];
  const topics = topic === undefined ? store.topics() : [topicOf(store, topic)];
  const found: StoredMessage[] = [];
  for (const { topic } of topics) {
    for await (const message of store.find(topic, id, { signal: context.signal })) {
      if (message.properties.get(UNIQ_KEY_NAME) === id) found.push(message);
    }
  }
  if (found.length === 0) throw noSuchId(id, topic);
  return found;
}

function topicInVain(position: number): UsageError {
  return new UsageError(
    `Cannot get message at position ${position}: --topic goes with a UNIQ_KEY, a position is of ` +
      "the whole log; leave --topic out",
  );
}

function noMessage(position: number, { earliestPosition, committedPosition }: StoreInfo): Error {
  return new CommandError(
    `Cannot get message at position ${position}: no record starts there; the log has positions ` +
      `${earliestPosition} to ${committedPosition}; streambed cat --json prints those of records`,
  );
}

function noSuchId(id: string, topic: string | undefined): Error {
  const where = topic === undefined ? "the log" : `topic ${JSON.stringify(topic)}`;
  return new CommandError(
    `Cannot get message ${JSON.stringify(id)}: no message in ${where} has this id or UNIQ_KEY; ` +
      "streambed cat --json prints both as messageId and properties.UNIQ_KEY",
  );
}
