/**
 * `streambed find TOPIC [KEY]`: the messages of a topic by key, time and tag.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { KEY_SOUGHT, TOPIC_ON_DISK } from "../storage/arguments/mod.ts";
import type { Queue, ReadOptions, StoredMessage } from "../storage/mod.ts";
import { checked, TAG_HELP, tagExpression, wantedTags, wholeNumber } from "./arguments.ts";
import { CommandError, UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { type BodyOptions, FORMAT_HELP, makeWordPrinter } from "./format.ts";
import { topicOf, withReader } from "./open_store.ts";
import { parseTime, refuseBackwards, TIME_HELP, type TimeSpan } from "./where.ts";

/** Which messages to print. */
interface FindOptions extends BodyOptions, TimeSpan {
  readonly tag?: readonly string[];
  readonly limit?: number;
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
    .option("--from <time>", `stored then or later: ${TIME_HELP}`, parseTime)
    .option("--to <time>", "stored before, said alike", parseTime)
    .option("--tag <tag...>", TAG_HELP, tagExpression)
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
  refuseBackwards("find messages", options);
  if (key === undefined && from === undefined && to === undefined && tag === undefined) {
    throw new UsageError(
      "Cannot find messages: say a key, --from, --to or --tag; streambed cat prints all",
    );
  }
  const print = makeWordPrinter(context, options);
  await withReader(context, async (store) => {
    const { queues } = topicOf(store, topic);
    const tags = wantedTags(tag);
    const how = { since: from, until: to, tags, limit: options.limit, signal: context.signal };
    const messages = key === undefined
      ? readQueues(queues.map(({ queueId }) => store.queue(topic, queueId)), how)
      : store.find(topic, key, how);
    let count = 0;
    for await (const message of messages) {
      if (count === limit) break;
      print(message);
      count++;
    }
    if (count === 0 && limit > 0) throw nothing(topic, key, options);
  });
}

async function* readQueues(
  queues: readonly Queue[],
  how: ReadOptions,
): AsyncGenerator<StoredMessage, undefined> {
  for (const queue of queues) yield* queue.read(how);
}

function nothing(
  topic: string,
  key: string | undefined,
  { from, to, tag }: FindOptions,
): CommandError {
  const narrowed = [
    ...(from === undefined && to === undefined ? [] : ["of that time"]),
    ...(tag === undefined ? [] : ["with that tag"]),
  ].join(" and ");
  const what = [
    ...(key === undefined ? [] : [`that carries the key ${JSON.stringify(key)}`]),
    ...(narrowed === "" ? [] : [narrowed]),
  ].join(", ");
  const name = JSON.stringify(topic);
  return new CommandError(`Cannot find a message of topic ${name} ${what}: there is none`);
}
