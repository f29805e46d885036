/**
 * `streambed cat TOPIC` and `streambed tail TOPIC`: records out.
 *
 * @module
 */
import { type Command, Option } from "npm:commander@15.1.0";
import { SourceCore, watchSignal } from "../adapters/core/mod.ts";
import { GROUP, TOPIC_ON_DISK } from "../storage/arguments/mod.ts";
import type { Store, StoredMessage } from "../storage/mod.ts";
import { checked, TAG_HELP, tagExpression, wantedTags, wholeNumber } from "./arguments.ts";
import { CommandError, UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { FORMAT_HELP, type FormatOptions, makePrinter } from "./format.ts";
import { topicOf, withGroups, withReader } from "./open_store.ts";
import { parseWhere, type Where, WHERE_HELP } from "./where.ts";

interface Options extends FormatOptions {
  readonly from?: Where;
  readonly limit?: number;
  readonly queue?: number;
  readonly tag?: readonly string[];
  readonly group?: string;
}

/** Messages of each queue that are shown before new ones. */
const TAIL_COUNT = 10;

export function addCat(program: Command, context: Context): void {
  addReading(program, context, "cat", "print the messages of a topic");
  addReading(program, context, "tail", "print the newest messages of a topic, and those that come");
}

function addReading(program: Command, context: Context, name: "cat" | "tail", words: string): void {
  const follow = name === "tail";
  program.command(name)
    .description(words)
    .argument("<topic>", "the topic", checked("topic", TOPIC_ON_DISK))
    .addOption(
      new Option("--from <where>", `${WHERE_HELP} (default: ${follow ? "-10" : "earliest"})`)
        .argParser(parseWhere),
    )
    .option("--limit <count>", "end after this many messages", wholeNumber("a limit", 0))
    .option("--queue <id>", "only this queue", wholeNumber("a queue", 0, 0x7fffffff))
    .option("--tag <tag...>", TAG_HELP, tagExpression)
    .option(
      "--group <name>",
      "go on where the group was, and record its progress; this writes",
      checked("--group", GROUP),
    )
    .option("--format <tokens>", FORMAT_HELP)
    .option("-l, --long", "one message a line, in words")
    .action(async (topic: string, options: Options) => {
      // First: a wrong format should not open anything.
      const print = makePrinter(context, options);
      const read = (store: Store) => printTopic(context, store, topic, options, follow, print);
      if (options.group === undefined) return await withReader(context, read);
      const action = `read as group ${JSON.stringify(options.group)}`;
      const refuse = (store: Store) => refuseReading(store, topic, options, follow);
      await withGroups(context, { action, mustLand: false, refuse }, read);
    });
}

async function printTopic(
  context: Context,
  store: Store,
  topic: string,
  options: Options,
  follow: boolean,
  print: (message: StoredMessage) => void,
): Promise<void> {
  refuseReading(store, topic, options, follow);
  if (follow && store.topics().every((one) => one.topic !== topic)) {
    context.note(`waiting for topic ${JSON.stringify(topic)}: the store does not have it yet`);
  }
  const { group, limit, queue, tag } = options;
  const usual: Where = {
    from: follow ? { last: Math.min(TAIL_COUNT, limit ?? TAIL_COUNT) } : "earliest",
  };
  const core = new SourceCore(store, topic, {
    ...(options.from ?? usual),
    queueIds: queue === undefined ? undefined : [queue],
    // An explicit offset applies only with --queue; other queues may not reach that far.
    isClamped: queue === undefined || group !== undefined,
    tags: wantedTags(tag),
    group,
    limit,
    follow,
  });
  const unwatch = watchSignal(context.signal, () => core.stop());
  try {
    context.signal.throwIfAborted();
    await printAll(context, core, print);
    context.signal.throwIfAborted();
  } finally {
    unwatch();
    core.stop();
  }
}

/** Says that a message is done once it is printed and written out. */
async function printAll(
  context: Context,
  core: SourceCore,
  print: (message: StoredMessage) => void,
): Promise<void> {
  const printed = new Map<number, StoredMessage>();
  for (;;) {
    let message = core.ready();
    if (message === undefined) {
      context.output.flush();
      for (const last of printed.values()) core.done(last);
      printed.clear();
      message = await core.next();
    }
    if (message === undefined) return;
    print(message);
    printed.set(message.queueId, message);
  }
}

/** A place to begin at is for a group that has none yet. */
function refuseFromInVain(store: Store, topic: string, { group, from, queue }: Options): void {
  if (group === undefined || from === undefined) return;
  const progress = store.groups().find((one) =>
    one.group === group && one.topic === topic && (queue === undefined || one.queueId === queue)
  );
  if (progress === undefined) return;
  throw new UsageError(
    `Cannot read as group ${JSON.stringify(group)} with --from: it goes on at offset ` +
      `${progress.offset} of queue ${progress.queueId}; leave --from out, or set the group with ` +
      "groups --reset",
  );
}

/** What is to come may be waited for. */
function refuseReading(store: Store, topic: string, options: Options, follow: boolean): void {
  if (!follow) refuseMissing(store, topic, options.queue);
  refuseFromInVain(store, topic, options);
}

function refuseMissing(store: Store, topic: string, queue: number | undefined): void {
  const { queues } = topicOf(store, topic);
  if (queue === undefined || queues.some(({ queueId }) => queueId === queue)) return;
  throw new CommandError(
    `Cannot read queue ${queue} of topic ${JSON.stringify(topic)}: the store does not have it; ` +
      "streambed ls lists what there is",
  );
}
