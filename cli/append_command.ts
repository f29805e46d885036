/**
 * `streambed append TOPIC`: a record a line from standard input.
 *
 * @module
 */
import process from "node:process";
import { fstatSync, type Stats } from "node:fs";
import { type Command, Option } from "npm:commander@15.1.0";
import { RecordSplitter } from "../adapters/core/mod.ts";
import { DURABILITY, KEY, TAG, TOPIC } from "../storage/arguments/mod.ts";
import type { AppendResult, Durability, Message, Store } from "../storage/mod.ts";
import { checked, checkedEach, unescape, wholeNumber } from "./arguments.ts";
import { CommandError, UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import type { DeliveryCount } from "./delivery_count.ts";
import { callFailure } from "./failure_text.ts";
import { parseMessage } from "./message_input.ts";
import { readQueueCounts, refuseNewQueue, refuseReservedTopic } from "./new_messages.ts";
import { hasStore, withStore } from "./open_store.ts";
import type { Progress } from "./progress.ts";
import { parseTime, TIME_HELP } from "./where.ts";
import { countText, lengthText, nameText } from "./text.ts";

interface Options {
  readonly key?: readonly string[];
  readonly tag?: string;
  readonly queue?: number;
  readonly delay?: number;
  readonly at?: number;
  readonly delimiter: string;
  readonly durability: Durability;
  readonly acks?: boolean;
  readonly create: boolean;
  readonly newQueue?: boolean;
}

/** What appending takes beside the options. */
interface AppendingInput {
  readonly splitter: RecordSplitter;
  /** Length of the input, if that is known. */
  readonly total: number | undefined;
  /** How many queues topics have; empty if a message may make one more. */
  readonly queueCounts: ReadonlyMap<string, number>;
  readonly delivered: DeliveryCount;
}

/** Bytes that may be on their way before standard input has to wait. */
const FLIGHT_BYTE_LENGTH = 8 * 1024 * 1024;
const FLIGHT_COUNT = 4096;
/** What a message costs beside its body, roughly. */
const OVERHEAD_BYTE_LENGTH = 256;
const STDIN = 0;
const READ = "read standard input";

export function addAppend(program: Command, context: Context): void {
  program.command("append")
    .description("append a message a line from standard input, or a JSON message with --json")
    .argument("<topic>", "the topic", checked("topic", TOPIC))
    .option("--key <key...>", "keys of every message", checkedEach("--key", KEY))
    .option("--tag <tag>", "tag of every message", checked("--tag", TAG))
    .option("--queue <id>", "queue of every message", wholeNumber("a queue", 0, 0x7fffffff))
    .option("--new-queue", "let messages make queues that a topic does not have yet")
    .option(
      "--delay <seconds>",
      "how long every message waits before it is in the topic, up to 7200",
      wholeNumber("a delay", 0, 7200),
    )
    .addOption(
      new Option(
        "--at <time>",
        `when every message is in the topic, up to three days ahead: ${TIME_HELP}`,
      ).argParser(parseTime).conflicts("delay"),
    )
    .option("--delimiter <text>", "what stands between messages; \\n, \\t, \\0 and \\xNN", "\\n")
    .addOption(
      new Option("--durability <step>", "when a message counts as appended")
        .choices(["flushed", "committed"]).argParser(checked("--durability", DURABILITY))
        .default("flushed"),
    )
    .option("--acks", "print topic, queue, offset and position of each as it becomes durable")
    .option("--no-create", "do not make a new store")
    .action(async (topic: string, options: Options) => {
      refuseReservedTopic(topic);
      const splitter = new RecordSplitter(delimiterOf(options));
      // First: what cannot be read should not make a store.
      const total = inputByteLength();
      // The current directory alone does not say that a store is wanted there.
      const create = options.create && context.saidDirectory !== undefined;
      const how = { create, durability: options.durability };
      const queueCounts = options.newQueue === true || !hasStore(context)
        ? new Map()
        : await readQueueCounts(context);
      refuseNewQueue(queueCounts, { topic, queueId: options.queue });
      await withStore(context, how, async (store, delivered) => {
        const input = { splitter, total, queueCounts, delivered };
        await new Appending(context, store, topic, { ...options, ...input }).run();
      });
    });
}

function delimiterOf(options: Options): Uint8Array {
  const delimiter = new TextEncoder().encode(unescape(options.delimiter));
  if (delimiter.length > 0) return delimiter;
  throw new UsageError("Cannot split the input: --delimiter is empty");
}

class Appending {
  readonly #context: Context;
  readonly #store: Store;
  readonly #topic: string;
  readonly #options: Options & AppendingInput;
  readonly #progress: Progress;
  /** Appends on their way, oldest first; each settles after the one before it. */
  readonly #flight: Promise<void>[] = [];
  #flightByteLength = 0;
  /** Those that messages are for. */
  readonly #topics = new Set<string>();
  #count = 0;
  #byteLength = 0;
  #readByteLength = 0;
  #line = 0;

  constructor(context: Context, store: Store, topic: string, options: Options & AppendingInput) {
    this.#context = context;
    this.#store = store;
    this.#topic = topic;
    this.#options = options;
    this.#progress = context.progress("append");
  }

  async run(): Promise<void> {
    try {
      await this.#readAll();
      while (this.#flight.length > 0) await this.#flight[0];
    } finally {
      this.#progress.stop();
      // The appends behind a failed one are awaited, so that none outlives the store.
      await Promise.allSettled(this.#flight);
      this.#context.output.flush();
    }
    this.#context.signal.throwIfAborted();
    const what = `${countText(this.#count, "message")}, ${lengthText(this.#byteLength)}`;
    this.#context.note(`appended ${what} to ${this.#where()}, ${this.#options.durability}`);
  }

  /** The topic, or how many; a JSON message may name another. */
  #where(): string {
    const [topic = this.#topic] = this.#topics;
    return this.#topics.size > 1 ? countText(this.#topics.size, "topic") : nameText(topic);
  }

  async #readAll(): Promise<void> {
    const { signal } = this.#context;
    const input = process.stdin[Symbol.asyncIterator]();
    const aborted = abortion(signal);
    // A read that waits for input cannot be taken back, so it is not awaited.
    for (;;) {
      const next = await Promise.race([input.next(), aborted]);
      if (next === "aborted") return;
      if (next.done === true) break;
      this.#readByteLength += next.value.length;
      for (const record of this.#options.splitter.push(next.value)) await this.#take(record);
      if (signal.aborted) return;
    }
    const last = this.#options.splitter.end();
    if (last !== undefined) await this.#take(last);
  }

  async #take(record: Uint8Array): Promise<void> {
    this.#line++;
    if (this.#context.options.json === true && record.length === 0) return;
    const { durability } = this.#options;
    const byteLength = record.length + OVERHEAD_BYTE_LENGTH;
    const before = this.#flight.at(-1);
    const message = this.#message(record);
    const result = this.#store.append(message, { durability });
    // Not that of the result: there a delayed message waits.
    this.#topics.add(message.topic);
    const landed = this.#land(before, result, byteLength);
    // It is looked at in its turn; until then its failure must not count as unhandled.
    landed.catch(() => {});
    this.#flight.push(landed);
    this.#flightByteLength += byteLength;
    while (
      this.#flightByteLength > FLIGHT_BYTE_LENGTH || this.#flight.length > FLIGHT_COUNT
    ) await this.#flight[0];
  }

  #message(record: Uint8Array): Message {
    const { key: keys, tag: tags, queue: queueId, delay, at: deliverAt } = this.#options;
    const delayMs = delay === undefined ? undefined : delay * 1000;
    const defaults = { topic: this.#topic, keys, tags, queueId, delayMs, deliverAt };
    if (this.#context.options.json !== true) return { ...defaults, body: record };
    const message = parseMessage(record, this.#line, defaults);
    refuseReservedTopic(message.topic, this.#line);
    refuseNewQueue(this.#options.queueCounts, message, this.#line);
    return message;
  }

  /** Waits for an append and those before it, and acknowledges it. */
  async #land(
    before: Promise<void> | undefined,
    result: Promise<AppendResult>,
    byteLength: number,
  ): Promise<void> {
    const [{ topic, queueId, offset, position }] = await Promise.all([result, before]);
    this.#flight.shift();
    this.#options.delivered.leaveOut(topic);
    this.#flightByteLength -= byteLength;
    this.#count++;
    this.#byteLength += byteLength - OVERHEAD_BYTE_LENGTH;
    if (this.#options.acks === true) {
      this.#context.result(
        { topic, queueId, offset, position },
        () => this.#context.output.line(`${topic} ${queueId} ${offset} ${position}`),
      );
      // With nothing else on its way, an acknowledgement goes out at once.
      if (this.#flight.length === 0 || this.#count % 256 === 0) this.#context.output.flush();
    }
    if (this.#count % 1000 !== 0) return;
    this.#progress.update(
      this.#readByteLength,
      this.#options.total,
      countText(this.#count, "message"),
    );
  }
}

function abortion(signal: AbortSignal): Promise<"aborted"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("aborted");
    signal.addEventListener("abort", () => resolve("aborted"), { once: true });
  });
}

/**
 * Length of standard input if it is a file.
 *
 * @throws {CommandError} If nothing can be read from it.
 */
function inputByteLength(): number | undefined {
  let status: Stats;
  try {
    status = fstatSync(STDIN);
  } catch (error) {
    throw new CommandError(callFailure(READ, error), { cause: error });
  }
  if (status.isDirectory()) {
    throw new CommandError(`Cannot ${READ}: it is a directory; lead a file or a pipe to it`);
  }
  return status.isFile() ? status.size : undefined;
}
