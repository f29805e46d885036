/**
 * `streambed retry` and `streambed dlq`: what groups have sent back, and settling it.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { listDeadLetters, listRetries, type SentMessage, settle } from "../adapters/consume/mod.ts";
import { GROUP } from "../storage/arguments/mod.ts";
import {
  CAUSE_NAME,
  DEAD_LETTER_PREFIX,
  RETRY_PREFIX,
  RETRY_TOPIC_NAME,
  WAITED_NAME,
} from "../storage/layout/mod.ts";
import type { Store } from "../storage/mod.ts";
import { checked, wholeNumber } from "./arguments.ts";
import { CommandError, UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { lookFirst, withReader, withStore } from "./open_store.ts";
import { countText, nameText, printable, timeText } from "./text.ts";

interface Options {
  readonly replay?: boolean;
  readonly drop?: boolean;
  readonly position?: readonly number[];
  readonly all?: boolean;
}

/** One of the two commands. */
interface Kind {
  readonly name: "retry" | "dlq";
  readonly words: string;
  readonly one: string;
  readonly many: string;
  list(store: Store, group: string | undefined): AsyncIterable<SentMessage>;
}

const KINDS: readonly Kind[] = [{
  name: "retry",
  words: "list what groups try again, or settle it",
  one: "retry",
  many: "retries",
  list: listRetries,
}, {
  name: "dlq",
  words: "list dead letters: what groups have given up, or settle them",
  one: "dead letter",
  many: "dead letters",
  list: listDeadLetters,
}];

/** Adds both. */
export function addSentBack(program: Command, context: Context): void {
  for (const kind of KINDS) addKind(program, context, kind);
}

function addKind(program: Command, context: Context, kind: Kind): void {
  const { name, words, many } = kind;
  program.command(name)
    .description(words)
    .argument("[group]", "only this group", checked("group", GROUP))
    .option("--replay", `have ${many} of GROUP handled now; this writes`)
    .option("--drop", `have ${many} of GROUP handled no more; this writes`)
    .option("--position <position...>", "those at these positions", position)
    .option("--all", "all of them")
    .action(async (group: string | undefined, options: Options) => {
      checkOptions(name, group, options);
      if (options.replay === true || options.drop === true) {
        await settleThem(context, kind, group!, options);
      } else await withReader(context, (store) => print(context, kind, store, group));
    });
}

function position(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, wholeNumber("a position")(text)];
}

function checkOptions(name: string, group: string | undefined, options: Options): void {
  const { replay = false, drop = false, position, all = false } = options;
  const settles = replay || drop;
  const isRight = settles
    ? group !== undefined && replay !== drop && (position !== undefined) !== all
    : position === undefined && !all;
  if (isRight) return;
  throw new UsageError(
    `Cannot run ${name}: say ${name} [GROUP], or ${name} GROUP with --replay or --drop, and with ` +
      "--position POSITION or --all",
  );
}

async function print(
  context: Context,
  kind: Kind,
  store: Store,
  group: string | undefined,
): Promise<void> {
  const found = await collect(context, kind, store, group);
  if (context.options.json === true) {
    return found.forEach((one) => {
      context.output.json(toJson(one));
      context.noteCompressed(one.message);
    });
  }
  context.list(found, {
    none: `there are no ${kind.many}`,
    head: ["GROUP", "POSITION", "TOPIC", "TRIES", "DUE", "KEY", "CAUSE"],
    row: ({ group, message, dueTimestamp, isDead }) => [
      nameText(group),
      `${message.position}`,
      nameText(message.properties.get(RETRY_TOPIC_NAME) ?? message.topic),
      `${message.reconsumeTimes}`,
      dueTimestamp === undefined ? (isDead ? "-" : "now") : timeText(dueTimestamp),
      message.keys.map(nameText).join(" ") || "-",
      printable(message.properties.get(CAUSE_NAME) ?? "-"),
    ],
    right: [1, 3],
  });
}

async function collect(
  context: Context,
  { list, many }: Kind,
  store: Store,
  group: string | undefined,
): Promise<SentMessage[]> {
  const found: SentMessage[] = [];
  for await (const one of list(store, group)) {
    context.signal.throwIfAborted();
    found.push(one);
  }
  if (found.length === 0 && group !== undefined) refuseUnknown(store, group, many);
  return found;
}

/** Nothing of a group is something else than a name that no group has. */
function refuseUnknown(store: Store, group: string, many: string): void {
  const own = [RETRY_PREFIX, DEAD_LETTER_PREFIX].map((prefix) => `${prefix}${group}`);
  if (store.groups().some((one) => one.group === group)) return;
  if (store.topics().some(({ topic }) => own.includes(topic))) return;
  throw new CommandError(
    `Cannot find ${many} of group ${JSON.stringify(group)}: the store has nothing of it; ` +
      "streambed groups lists those that have read",
  );
}

function toJson({ group, message, dueTimestamp, isDead }: SentMessage): object {
  const { properties } = message;
  return {
    group,
    isDead,
    dueTimestamp: dueTimestamp ?? null,
    cause: properties.get(CAUSE_NAME) ?? null,
    ...message.toJSON(),
  };
}

async function settleThem(
  context: Context,
  kind: Kind,
  group: string,
  { replay = false, position }: Options,
): Promise<void> {
  const chosenOf = async (store: Store) => {
    const found = await collect(context, kind, store, group);
    return position === undefined ? found : choose(found, position, kind, group);
  };
  await lookFirst(context, chosenOf);
  await withStore(context, { create: false }, async (store, delivered) => {
    const chosen = await chosenOf(store);
    let doneCount = 0;
    const progress = context.progress(kind.name, "steps");
    try {
      await settle(store, chosen, {
        replays: replay,
        signal: context.signal,
        onProgress: (count) => {
          progress.update(count, chosen.length);
          if (replay) delivered.leaveOut(`${RETRY_PREFIX}${group}`, count - doneCount);
          doneCount = count;
        },
      });
    } finally {
      progress.stop();
    }
    const count = chosen.length;
    context.result(
      { group, replayedCount: replay ? count : 0, droppedCount: replay ? 0 : count },
      () =>
        context.output.line(
          `${countText(count, kind.one, kind.many)} ${replay ? "replayed" : "dropped"}`,
        ),
    );
  });
}

function choose(
  found: readonly SentMessage[],
  positions: readonly number[],
  { name, one }: Kind,
  group: string,
): SentMessage[] {
  // One that waited may be delivered since it was listed.
  const byPosition = new Map(found.flatMap((one) => {
    const { position, properties } = one.message;
    return [[position, one], [Number(properties.get(WAITED_NAME)), one]] as const;
  }));
  return [...new Set(positions)].map((position) => {
    const chosen = byPosition.get(position);
    if (chosen !== undefined) return chosen;
    throw new CommandError(
      `Cannot settle position ${position}: group ${JSON.stringify(group)} has no ${one} there; ` +
        `streambed ${name} ${group} lists those it has`,
    );
  });
}
