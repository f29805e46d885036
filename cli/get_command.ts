/**
 * `streambed get POSITION` and `streambed find TOPIC KEY`: single records.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { KEY_SOUGHT, TOPIC_ON_DISK } from "../storage/arguments/mod.ts";
import type { StoreInfo } from "../storage/mod.ts";
import { checked, wholeNumber } from "./arguments.ts";
import { CommandError, UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { FORMAT_HELP, type FormatOptions, makePrinter, type Printer } from "./format.ts";
import { withReader } from "./open_store.ts";
import { parseTime } from "./where.ts";

interface Options extends FormatOptions {
  readonly body?: boolean;
}

interface FindOptions extends Options {
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
}

export function addGet(program: Command, context: Context): void {
  program.command("get")
    .description("print the message whose record starts at a position")
    .argument("<position>", "position in the log", wholeNumber("a position"))
    .option("--format <tokens>", FORMAT_HELP)
    .option("--body", "only the body, as it is")
    .action(async (position: number, options: Options) => {
      const print = printerFor(context, options);
      await withReader(context, async (store) => {
        const message = await store.get(position);
        if (message === undefined) throw noMessage(position, store.info);
        print(message);
      });
    });
  program.command("find")
    .description("print the messages of a topic that carry a key, newest first")
    .argument("<topic>", "the topic", checked("topic", TOPIC_ON_DISK))
    .argument("<key>", "the key", checked("key", KEY_SOUGHT))
    .option("--from <time>", "stored then or later", parseTime)
    .option("--to <time>", "stored before", parseTime)
    .option("--limit <count>", "end after this many messages", wholeNumber("a limit", 0))
    .option("--format <tokens>", FORMAT_HELP)
    .option("--body", "only the bodies, as they are, one a line")
    .action((topic: string, key: string, options: FindOptions) =>
      find(context, topic, key, options)
    );
}

function noMessage(position: number, { earliestPosition, committedPosition }: StoreInfo): Error {
  return new CommandError(
    `Cannot get message at position ${position}: no record starts there; the log has positions ` +
      `${earliestPosition} to ${committedPosition}; streambed cat --json prints those of records`,
  );
}

function printerFor(context: Context, options: Options): Printer {
  return makePrinter(context, { format: options.format, long: options.body !== true });
}

async function find(
  context: Context,
  topic: string,
  key: string,
  options: FindOptions,
): Promise<void> {
  const print = printerFor(context, options);
  const { from, to, limit } = options;
  if (from !== undefined && to !== undefined && to < from) {
    throw new UsageError("Cannot find messages: --to is before --from");
  }
  await withReader(context, async (store) => {
    const how = { since: from, until: to, limit, signal: context.signal };
    for await (const message of store.find(topic, key, how)) print(message);
  });
}
