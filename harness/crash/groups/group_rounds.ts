/**
 * Processes that read as groups beside a writer that rolls and deletes, all of them killed at
 * random moments and started again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { loadLibc } from "../../../ffi/mod.ts";
import { type GroupInfo, openStore, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { type SeededRandom, seededRandom } from "../../support/random.ts";
import { temporaryDirectory } from "../../support/temp_dir.ts";
import { READ_QUEUE_COUNT, READ_TOPIC, sentMessage } from "../sent.ts";
import { type FedQueues, FEEDING_OPTIONS } from "./feeding_child.ts";
import type { GroupFault } from "./group_faults.ts";
import type { GroupTotals } from "./judge.ts";
import { Cast } from "./cast.ts";

/** Rounds on one store. */
const ROUNDS_A_STORE = 20;
const GROUPS = ["shared", "billing", "search"];
const OPENING_MS = 500;
const READING_MS = 100;
const BETWEEN_MS = 40;
/** How often `some` is printed by a group before something is killed. */
const SOME_COUNT = 3;

/** What to do. */
export interface GroupRoundsOptions {
  /** Rounds. */
  readonly count: number;
  /** Seed of everything that is random. */
  readonly seed: number;
  /** Where to make the stores; the system's temporary directory when left out. */
  readonly parent?: string;
  /** A fault planted under the processes; none when left out. */
  readonly fault?: GroupFault;
  /** Called after each round. */
  readonly onRound?: (done: number) => void;
}

/** What was seen. */
export interface GroupRoundsResult {
  /** Kills of the writer. */
  readonly writerKillCount: number;
  /** Kills of processes that read as a group. */
  readonly consumerKillCount: number;
  /** Messages that groups handled, each time counted. */
  readonly handledCount: number;
  /** How many of them a group had handled before. */
  readonly repeatedCount: number;
  /** How often a group was claimed. */
  readonly claimCount: number;
  /** How often a claim was refused because another process had the group. */
  readonly refusedCount: number;
  /** How often a group was given back in order. */
  readonly leftCount: number;
  /** Messages that retention deleted once all groups had read them. */
  readonly deletedCount: number;
}

interface Stage {
  readonly path: string;
  readonly random: SeededRandom;
  readonly cast: Cast;
  readonly result: { -readonly [K in keyof GroupRoundsResult]: number };
}

/**
 * Kills `count` times, one or two at once. No group misses a message, none begins before what was
 * written as its progress, and none is read by two processes at once.
 *
 * @param options What to do.
 * @returns What was seen.
 */
export async function groupRounds(options: GroupRoundsOptions): Promise<GroupRoundsResult> {
  const random = seededRandom(options.seed);
  const result = {
    writerKillCount: 0,
    consumerKillCount: 0,
    handledCount: 0,
    repeatedCount: 0,
    claimCount: 0,
    refusedCount: 0,
    leftCount: 0,
    deletedCount: 0,
  };
  for (let done = 0; done < options.count; done += ROUNDS_A_STORE) {
    await using directory = await temporaryDirectory("streambed-groups-", options.parent);
    const path = join(directory.path, "store");
    const someNames = GROUPS.slice(0, 1 + random.next(GROUPS.length));
    // A second process goes on with the first group at once: with it alone nothing lags.
    const names = options.fault === "past-groups" ? GROUPS : someNames;
    await prepare(path, names);
    await using cast = new Cast({ path, names, random, fault: options.fault });
    const stage = { path, random, cast, result };
    for (let n = 0; n < ROUNDS_A_STORE && done + n < options.count; n++) {
      await playRound(stage);
      for (const group of cast.groups) group.look(toldOffsets(path, group.name));
      options.onRound?.(done + n + 1);
    }
    await endStage(stage);
  }
  return result;
}

/** Every group is known before anything is deleted: retention waits for those that are. */
async function prepare(path: string, names: readonly string[]): Promise<void> {
  await using store = await openStore(path, FEEDING_OPTIONS);
  for (let queueId = 0; queueId < READ_QUEUE_COUNT; queueId++) {
    await store.append(sentMessage({ queue: queueId, offset: 0 }));
    for (const name of names) {
      await store.moveGroup(name, { topic: READ_TOPIC, queueId, offset: 0 });
    }
  }
}

async function playRound(stage: Stage): Promise<void> {
  const { random, cast } = stage;
  if (random.chance(4)) await pause(random.next(OPENING_MS));
  else {
    await cast.untilAllRead(SOME_COUNT);
    await pause(random.next(READING_MS));
  }
  if (random.chance(4)) await cast.leave(random.pick(cast.consumers));
  const consumer = random.pick(cast.consumers);
  const victims = random.pick([["writer"], [consumer], ["writer", consumer], [consumer, "writer"]]);
  for (const name of victims) {
    if (random.chance(2)) await pause(random.next(BETWEEN_MS));
    cast.kill(name);
    if (name === "writer") stage.result.writerKillCount++;
    else stage.result.consumerKillCount++;
  }
  for (const name of random.shuffle(victims)) {
    await cast.startAgain(name);
    if (random.chance(2)) await pause(random.next(BETWEEN_MS));
  }
}

/** Everything is read, and what the store and its file say of the groups is where they are. */
async function endStage({ path, cast, result }: Stage): Promise<void> {
  const { writer } = cast;
  writer.say("stop");
  const { ends, earliest }: FedQueues = JSON.parse(await writer.answer("stopped"));
  const readEnds = ends.slice(0, READ_QUEUE_COUNT);
  await cast.readTo(readEnds);
  writer.say("groups");
  const rows: GroupInfo[] = JSON.parse(await writer.answer("groups"));
  await writer.finish();
  for (const group of cast.groups) {
    addTotals(group.end(readEnds), result);
    const known = rows.filter((row) => row.group === group.name);
    const where = { store: known.map(({ offset }) => offset), file: toldOffsets(path, group.name) };
    if (!isDeepStrictEqual(where, { store: readEnds, file: readEnds })) {
      group.fail(`Group ${group.name} is at ${JSON.stringify(where)}, not at ${readEnds.join()}`);
    }
  }
  result.deletedCount += earliest.reduce((sum, offset) => sum + offset, 0);
  const report = await verifyStore(systemEnvironment(await loadLibc()), path);
  assert.equal(report.verdict, "sound", JSON.stringify(report.findings));
}

function addTotals(totals: GroupTotals, result: Stage["result"]): void {
  result.handledCount += totals.handledCount;
  result.repeatedCount += totals.repeatedCount;
  result.claimCount += totals.claimCount;
  result.refusedCount += totals.refusedCount;
  result.leftCount += totals.leftCount;
}

/** What a broker would read: JSON with numbers for names, as fastjson writes it. */
function toldOffsets(path: string, group: string): number[] {
  const text = readReplaced(join(path, "config/consumerOffset.json"));
  const { offsetTable } = JSON.parse(text.replace(/([{,]\s*)(\d+):/g, '$1"$2":'));
  return Object.values(offsetTable[`${READ_TOPIC}@${group}`]);
}

/** Whoever replaces a file of the broker's makes the old one its backup first. */
function readReplaced(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
    return readFileSync(`${path}.bak`, "utf8");
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
