/**
 * `streambed find TOPIC [KEY]`: the messages of a topic by key, time and tag.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { KEY_SOUGHT, TAG, TOPIC_ON_DISK } from "../storage/arguments/mod.ts";
import type { Store, StoredMessage } from "../storage/mod.ts";
import { checked, checkedEach, wholeNumber } from "./arguments.ts";
import { CommandError, UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { FORMAT_HELP, type FormatOptions, makePrinter } from "./format.ts";
import { topicOf, withReader } from "./open_store.ts";
import { parseTime } from "./where.ts";

/** Which messages to print. */
export interface FindOptions extends FormatOptions {
  readonly from?: number;
  readonly to?: number;
  readonly tag?: readonly string[];
  readonly limit?: number;
  readonly body?: boolean;
}

export function addFind(program: Command, context: Context): void {
  program.command("find")
    .description("print the messages of a topic that carry a key, or are of a time, or have a tag")
    .argument("<topic>", "the topic", checked("topic", TOPIC_ON_DISK))
    .argument(
      "[key]",
      "the key; newest first then, else queue by queue",
      checked("key", KEY_SOUGHT),
    )
    .option("--from <time>", "stored then or later", parseTime)
    .option("--to <time>", "stored before", parseTime)
    .option("--tag <tag...>", "only messages with one of these tags", checkedEach("--tag", TAG))
    .option("--limit <count>", "end after this many messages", wholeNumber("a limit", 0))
    .option("--format <tokens>", FORMAT_HELP)
    .option("--body", "only the bodies, as they are, one a line")
    .action((topic: string, key: string | undefined, options: FindOptions) =>
      find(context, topic, key, options)
    );
}

async function find(
  context: Context,
  topic: string,
  key: string | undefined,
  options: FindOptions,
): Promise<void> {
  const { from, to, tag, limit = Infinity } = options;
  if (from !== undefined && to !== undefined && to < from) {
    throw new UsageError("Cannot find messages: --to is before --from");
  }
  if (key === undefined && from === undefined && to === undefined && tag === undefined) {
    throw new UsageError(
      "Cannot find messages: say a key, --from, --to or --tag; streambed cat prints all",
    );
  }
  const print = makePrinter(context, { format: options.format, long: options.body !== true });
  await withReader(context, async (store) => {
    topicOf(store, topic);
    let count = 0;
    for await (const message of messagesOf(context, store, topic, key, options)) {
      if (count === limit) break;
      print(message);
      count++;
    }
    if (count === 0 && limit > 0) throw nothing(topic, key, options);
  });
}

function messagesOf(
  context: Context,
  store: Store,
  topic: string,
  key: string | undefined,
  options: FindOptions,
): AsyncIterable<StoredMessage> {
  const { from: since, to: until, tag: tags, limit } = options;
  const how = { since, until, tags, limit, signal: context.signal };
  return key === undefined ? readQueues(store, topic, how) : store.find(topic, key, how);
}

async function* readQueues(
  store: Store,
  topic: string,
  how: Parameters<Store["find"]>[2],
): AsyncGenerator<StoredMessage, undefined> {
  for (const { queueId } of topicOf(store, topic).queues) {
    yield* store.queue(topic, queueId).read(how);
  }
}

function nothing(topic: string, key: string | undefined, options: FindOptions): CommandError {
  const name = JSON.stringify(topic);
  const narrowed = options.from !== undefined || options.to !== undefined ||
    options.tag !== undefined;
  const what = key === undefined
    ? "of that time and tag"
    : `that carries the key ${JSON.stringify(key)}${narrowed ? ", of that time and tag" : ""}`;
  return new CommandError(`Cannot find a message of topic ${name} ${what}: there is none`);
}
