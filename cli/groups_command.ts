/**
 * `streambed groups`: how far groups have read, and setting it.
 *
 * @module
 */
import { type Command, Option } from "npm:commander@15.1.0";
import { nearestOffset, queueIdsOf, startOffset } from "../adapters/core/mod.ts";
import { GROUP } from "../storage/arguments/mod.ts";
import type { GroupPlace, Queue, Store } from "../storage/mod.ts";
import { checked, wholeNumber } from "./arguments.ts";
import { CommandError, UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { withGroups, withReader } from "./open_store.ts";
import { nameText, timeText } from "./text.ts";
import { parseWhere, type Where, WHERE_HELP } from "./where.ts";

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
  return await withGroups(context, { action, mustLand: true }, async (store) => {
    const ids = queueIdsOf(store, topic)
      .filter((queueId) => options.queue === undefined || queueId === options.queue);
    if (ids.length === 0) {
      throw new CommandError(
        `Cannot ${action}: topic ${JSON.stringify(topic)} has no such ` +
          `queue; streambed ls lists what there is`,
      );
    }
    const places = await Promise.all(
      ids.map((queueId) => placeIn(context, store.queue(topic, queueId), to, action)),
    );
    if (store.groups().every((one) => one.group !== group)) {
      context.note(`note: group ${JSON.stringify(group)} is new, nothing has read as it yet`);
    }
    if ("since" in to && to.since > Date.now()) {
      context.note(
        `note: ${timeText(to.since)} is in the future: the group is set to the end`,
      );
    }
    for (const place of places) await store.moveGroup(group, place);
    return progressOf(store, group, topic, options.queue);
  });
}

function toInVain(): UsageError {
  return new UsageError(
    "Cannot list groups: --to goes with --reset; say groups --reset GROUP TOPIC --to WHERE",
  );
}

/** Where a group is to be in a queue. */
async function placeIn(
  context: Context,
  queue: Queue,
  to: Where,
  action: string,
): Promise<GroupPlace> {
  const { topic, queueId, earliestOffset, endOffset } = queue;
  const offset = "since" in to ? await queue.offsetAt(to.since) : startOffset(queue, to.from);
  if (offset > endOffset) {
    throw new CommandError(
      `Cannot ${action}: queue ${queueId} of topic ${JSON.stringify(topic)} ends at offset ` +
        `${endOffset}, before ${offset}; say --to latest, or one queue with --queue`,
    );
  }
  if (offset < earliestOffset) {
    context.note(
      `note: queue ${queueId} of ${nameText(topic)} begins at offset ${earliestOffset}, after ` +
        `${offset}: the group is set to its beginning`,
    );
  }
  return { topic, queueId, offset: nearestOffset(queue, offset) };
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
