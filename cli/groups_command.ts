/**
 * `streambed groups`: how far groups have read, and setting it.
 *
 * @module
 */
import { type Command, Option } from "npm:commander@15.1.0";
import { nearestOffset, queueIdsOf, startOffset } from "../adapters/core/mod.ts";
import { GROUP } from "../storage/arguments/mod.ts";
import { BrokerFiles, ConsumerOffsets } from "../storage/broker/mod.ts";
import { openRoot } from "../storage/directory/mod.ts";
import type { GroupPlace, Store } from "../storage/mod.ts";
import { checked, wholeNumber } from "./arguments.ts";
import { CommandError, UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { withGroups, withReader } from "./open_store.ts";
import { nameText, timeText } from "./text.ts";
import { looksLikeTime, parseWhere, type Where, WHERE_HELP } from "./where.ts";

interface Options {
  readonly reset?: boolean;
  readonly to?: Where;
  readonly queue?: number;
}

interface Progress {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  readonly endOffset: number;
  readonly lagCount: number;
  /** Id of the process that reads the queue as the group now. */
  readonly claimedBy: number | null;
}

export function addGroups(program: Command, context: Context): void {
  program.command("groups")
    .description("list how far groups have read, or set it")
    .argument("[group]", "only this group")
    .argument("[topic]", "only this topic")
    .option("--reset", "set the progress of GROUP in TOPIC; this writes")
    .addOption(new Option("--to <where>", WHERE_HELP).argParser(parseWhere))
    .option("--queue <id>", "only this queue", wholeNumber("a queue", 0, 0x7fffffff))
    .action(async (group: string | undefined, topic: string | undefined, options: Options) => {
      if (options.reset !== true && options.to !== undefined) throw toInVain();
      const rows = options.reset === true
        ? await reset(context, group, topic, options)
        : await withReader(context, (store) => progressOf(store, group, topic, options.queue));
      if (rows.length === 0 && !(await isAllKnown(context))) throw unknownProgress();
      if (rows.length === 0 && group !== undefined) throw noProgress(group, topic, options.queue);
      context.list(rows, {
        none: "no group has read yet",
        head: ["GROUP", "TOPIC", "QUEUE", "OFFSET", "END", "LAG", "PROCESS"],
        row: ({ group, topic, queueId, offset, endOffset, lagCount, claimedBy }) => [
          nameText(group),
          nameText(topic),
          ...[queueId, offset, endOffset, lagCount].map(String),
          claimedBy === null ? "-" : String(claimedBy),
        ],
        right: [2, 3, 4, 5, 6],
      });
    });
}

async function reset(
  context: Context,
  group: string | undefined,
  topic: string | undefined,
  options: Options,
): Promise<Progress[]> {
  const { to } = options;
  if (group === undefined || topic === undefined || to === undefined) {
    throw new UsageError("Cannot reset: say groups --reset GROUP TOPIC --to WHERE");
  }
  checked("group", GROUP)(group);
  const action = `reset group ${JSON.stringify(group)}`;
  const places = (store: Store) => placesIn(store, topic, { ...options, to, action });
  return await withGroups(context, { action, mustLand: true, refuse: places }, async (store) => {
    if (store.groups().every((one) => one.group !== group) && await isAllKnown(context)) {
      context.note(`note: group ${JSON.stringify(group)} is new, nothing has read as it yet`);
    }
    if ("since" in to && to.since > Date.now()) {
      context.note(
        `note: ${timeText(to.since)} is in the future: the group is set to the end`,
      );
    }
    for (const place of await places(store)) await move(context, store, group, place);
    return progressOf(store, group, topic, options.queue);
  });
}

function toInVain(): UsageError {
  return new UsageError(
    "Cannot list groups: --to goes with --reset; say groups --reset GROUP TOPIC --to WHERE",
  );
}

/** Where a group is to be in the queues of a topic; an offset may lie before the first of one. */
async function placesIn(
  store: Store,
  topic: string,
  { to, queue, action }: { to: Where; queue?: number; action: string },
): Promise<GroupPlace[]> {
  const ids = queueIdsOf(store, topic).filter((queueId) =>
    queue === undefined || queueId === queue
  );
  if (ids.length === 0) {
    throw new CommandError(
      `Cannot ${action}: topic ${JSON.stringify(topic)} has no such ` +
        `queue; streambed ls lists what there is`,
    );
  }
  return await Promise.all(
    ids.map(async (queueId) => {
      const queue = store.queue(topic, queueId);
      const { endOffset } = queue;
      const offset = "since" in to ? await queue.offsetAt(to.since) : startOffset(queue, to.from);
      if (offset <= endOffset) return { topic, queueId, offset };
      throw new CommandError(
        `Cannot ${action}: queue ${queueId} of topic ${JSON.stringify(topic)} ends at offset ` +
          `${endOffset}, before ${offset}; say ${timeInstead(offset)}--to latest, or one queue ` +
          "with --queue",
      );
    }),
  );
}

/** An offset as high as that is meant as a time, as `mqadmin` takes it. */
function timeInstead(offset: number): string {
  return looksLikeTime(offset) ? `--to ${offset}ms for that time, ` : "";
}

async function move(
  context: Context,
  store: Store,
  group: string,
  { topic, queueId, offset }: GroupPlace,
): Promise<void> {
  const queue = store.queue(topic, queueId);
  if (offset < queue.earliestOffset) {
    context.note(
      `note: queue ${queueId} of ${nameText(topic)} begins at offset ${queue.earliestOffset}, ` +
        `after ${offset}: the group is set to its beginning`,
    );
  }
  await store.moveGroup(group, { topic, queueId, offset: nearestOffset(queue, offset) });
}

/** Whether all progress could be read: what could not is not none. */
async function isAllKnown(context: Context): Promise<boolean> {
  const environment = await context.environment();
  const { trustDirectory, logDirectories } = context.options;
  const options = { trustDirectory, logDirectories };
  const directory = openRoot(environment.libc, context.directory, options);
  try {
    const files = new BrokerFiles(directory);
    return new ConsumerOffsets(files, { environment, note: () => {} }).isWhole;
  } finally {
    directory.close();
  }
}

function unknownProgress(): CommandError {
  return new CommandError(
    "Cannot list groups: how far they have read is unknown, since a file that says so cannot be " +
      "read; streambed info names it, put it back or set the groups with --reset",
  );
}

function noProgress(
  group: string,
  topic: string | undefined,
  queueId: number | undefined,
): CommandError {
  const where = [
    ...(topic === undefined ? [] : [` in topic ${JSON.stringify(topic)}`]),
    ...(queueId === undefined ? [] : [`, queue ${queueId}`]),
  ].join("");
  return new CommandError(
    `Cannot list group ${JSON.stringify(group)}: the store has no progress of it${where}; ` +
      "streambed groups lists all",
  );
}

function progressOf(
  store: Store,
  group: string | undefined,
  topic: string | undefined,
  queueId: number | undefined,
): Progress[] {
  return store.groups()
    .filter((one) => group === undefined || one.group === group)
    .filter((one) => topic === undefined || one.topic === topic)
    .filter((one) => queueId === undefined || one.queueId === queueId)
    .map(({ group, topic, queueId, offset, lagCount, claimedBy = null }) => {
      const { endOffset } = store.queue(topic, queueId);
      return { group, topic, queueId, offset, endOffset, lagCount, claimedBy };
    });
}
