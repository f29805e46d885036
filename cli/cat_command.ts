/**
 * `streambed cat TOPIC` and `streambed tail TOPIC`: records out.
 *
 * @module
 */
import { type Command, Option } from "npm:commander@15.1.0";
import { GROUP, TAG, TOPIC_ON_DISK } from "../storage/arguments/mod.ts";
import type { GroupClaim, Queue, Store, StoredMessage } from "../storage/mod.ts";
import { checked, checkedEach, wholeNumber } from "./arguments.ts";
import { CommandError } from "./cli_error.ts";
import type { Context, GlobalOptions } from "./context.ts";
import { FORMAT_HELP, type FormatOptions, makePrinter } from "./format.ts";
import { withReader, withStore } from "./open_store.ts";
import { readTopic, type TopicReadOptions } from "./topic_reader.ts";
import { parseWhere, type Where, WHERE_HELP } from "./where.ts";

interface Options extends GlobalOptions, FormatOptions {
  readonly from?: Where;
  readonly limit?: number;
  readonly queue?: number;
  readonly tag?: readonly string[];
  readonly group?: string;
}

/** Progress is written down at least after so many messages. */
const COMMIT_COUNT = 256;
/** So many messages of each queue are shown before those that come. */
const TAIL_COUNT = 10;

/**
 * Adds both commands.
 *
 * @param program The program.
 * @param context What every command works with.
 */
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
    .option("--limit <count>", "end after so many messages", wholeNumber("a limit", 0))
    .option("--queue <id>", "only this queue", wholeNumber("a queue", 0, 0x7fffffff))
    .option("--tag <tag...>", "only messages with one of these tags", checkedEach("--tag", TAG))
    .option(
      "--group <name>",
      "go on where the group was, and record its progress; this writes",
      checked("--group", GROUP),
    )
    .option("--format <tokens>", FORMAT_HELP)
    .option("-l, --long", "one message a line, in words")
    .action(async (topic: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      // Made first: a format that is wrong should not open anything.
      const print = makePrinter(context.output, options, context.onTerminal);
      const read = (store: Store) => printTopic(context, store, topic, options, follow, print);
      if (options.group === undefined) await withReader(context, options, read);
      else await withStore(context, options, { create: false }, read);
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
  refuseMissing(context, store, topic, options, follow);
  const group = options.group === undefined ? undefined : new Group(store, options.group);
  const count = Math.min(TAIL_COUNT, options.limit ?? TAIL_COUNT);
  const usual: Where = follow ? { kind: "last", count } : { kind: "earliest" };
  const reading: TopicReadOptions = {
    from: options.from ?? usual,
    queueId: options.queue,
    tags: options.tag,
    visibility: group === undefined ? "committed" : "flushed",
    follow,
    signal: context.signal,
    resume: group && ((queue) => group.resume(queue)),
    onPause: () => {
      context.output.flush();
      group?.commit();
    },
  };
  let left = options.limit ?? Infinity;
  try {
    if (left === 0) return;
    for await (const message of readTopic(store, topic, reading)) {
      print(message);
      group?.seen(message);
      if (group !== undefined && group.count % COMMIT_COUNT === 0) reading.onPause?.();
      if (--left === 0) break;
    }
    context.output.flush();
    group?.commit();
  } finally {
    group?.release();
  }
}

function refuseMissing(
  context: Context,
  store: Store,
  topic: string,
  options: Options,
  follow: boolean,
): void {
  if (store.topics().some((one) => one.topic === topic)) return;
  const missing = `topic ${JSON.stringify(topic)}: there is none in this store`;
  if (!follow) {
    throw new CommandError(`Cannot read ${missing}; streambed ls lists what there is`);
  }
  context.note(`waiting for ${missing} yet`, options);
}

/** Reads as a group: starts where it was, and records what was printed. */
class Group {
  /** Messages so far. */
  count = 0;
  readonly #store: Store;
  readonly #name: string;
  readonly #leases = new Map<number, GroupClaim>();
  readonly #next = new Map<number, number>();

  constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = name;
  }

  resume(queue: Queue): number | undefined {
    const lease = this.#store.acquireGroup(this.#name, queue.topic, queue.queueId);
    this.#leases.set(queue.queueId, lease);
    if (lease.offset === undefined) return undefined;
    return Math.min(Math.max(lease.offset, queue.earliestOffset), queue.endOffset);
  }

  seen(message: StoredMessage): void {
    this.count++;
    this.#next.set(message.queueId, message.nextOffset);
  }

  /** Records what was seen. Call it when that was printed. */
  commit(): void {
    for (const [queueId, next] of this.#next) this.#leases.get(queueId)?.done(next);
    this.#next.clear();
  }

  release(): void {
    for (const lease of this.#leases.values()) lease.release();
  }
}
