/**
 * One store whose writers are killed, and what is delivered in it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadLibc } from "../../../ffi/mod.ts";
import {
  openStore,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { spawnScript } from "../../support/child.ts";
import { temporaryDirectory } from "../../support/temp_dir.ts";
import { parsePlace, SENT_QUEUES } from "../sent.ts";
import type { StoreRound } from "../store_rounds.ts";
import { type Delay, type DelayJudge, waitOf } from "./delay_judge.ts";
import type { DelayFault, DelayingTask } from "./delaying_child.ts";

/** How writers are killed. */
export interface KilledStoreOptions {
  /** The delays that are mixed; one that is there twice is twice as frequent. */
  readonly delays: readonly Delay[];
  /** Where to make the store; the system's temporary directory when left out. */
  readonly parent?: string;
  /** A fault planted under the writers; none when left out. */
  readonly fault?: DelayFault;
  /** Called after each kill, in whatever store. */
  readonly onRound?: (done: number) => void;
}

/** What was seen, in all stores. */
export interface DelayTotals {
  /** Kills. */
  killCount: number;
  /** Kills before the store was open. */
  openingKillCount: number;
  /** Messages that were acknowledged before a kill. */
  acknowledgedCount: number;
  /** Messages that were delivered, or had no delay. */
  foundCount: number;
  /** Messages that waited when a writer was killed. */
  leftCount: number;
  /** Batches in which messages were delivered. */
  deliveryCount: number;
}

/** What is done with one store. */
export interface StorePlay extends Omit<StoreRound, "index"> {
  readonly options: KilledStoreOptions;
  readonly judge: DelayJudge;
  readonly totals: DelayTotals;
}

const CHILD = "harness/crash/delays/delaying_child.ts";
const OPENING_MS = 40;
const FIRST_ACKNOWLEDGEMENTS = 5;
/** Half of the writers die while they deliver what the one before has left. */
const LIVING_MS = [50, 1500];
/** Before the next writer comes, so that much is due. */
const BETWEEN_MS = 1000;
/** More than a writer sends. */
const NUMBERS_A_LIFE = 1_000_000;
/** On a busy machine, when all is due. */
const DELIVERY_DEADLINE_MS = 60_000;
const POLL_MS = 20;
const WAITING = "SCHEDULE_TOPIC_XXXX";
/** The topic of those with an exact time; no writer that closes leaves any to be stored again. */
const TIMED = "rmq_sys_wheel_timer";
const DELIVERIES = "STREAMBED_DELIVERY";

/**
 * Kills writers of one store. After each kill nothing is there twice; in the end everything that
 * was acknowledged has been delivered, and a broker would deliver nothing.
 *
 * @param play What to do.
 */
export async function playStore(play: StorePlay): Promise<void> {
  const { options, judge, totals, signal } = play;
  await using directory = await temporaryDirectory("streambed-delays-", options.parent);
  const { path } = directory;
  for (let life = 0; life < play.killCount; life++) {
    await killOnce(play, path, life);
    await lookAfterKill(play, path);
    totals.killCount++;
    options.onRound?.(totals.killCount);
    if (signal.aborted) return;
    if (play.random.chance(2)) await pause(play.random.next(BETWEEN_MS));
  }
  await deliverAll(play, path);
  await using store = await openStore(path, { readOnly: true });
  judge.look(await delivered(store));
  judge.end();
  assert.equal(judge.waitedCount, waitingCount(store), "What has waited is delivered, all of it");
  assert.deepEqual(toldOffsets(path), waitingEnds(store), "config/delayOffset.json tells so");
  const report = await verifyStore(systemEnvironment(await loadLibc()), path);
  assert.equal(report.verdict, "sound", JSON.stringify(report.findings));
  totals.acknowledgedCount += judge.acknowledgedCount;
  totals.foundCount += judge.foundCount;
  totals.deliveryCount += store.queue(DELIVERIES).endOffset;
}

async function killOnce(play: StorePlay, path: string, life: number): Promise<void> {
  const { random, judge, totals } = play;
  await using child = spawnScript(CHILD, [taskOf(play, path, life)]);
  await child.expectLine("opening");
  if (life > 0 && random.chance(5)) {
    await pause(random.next(OPENING_MS));
    totals.openingKillCount++;
  } else {
    await child.expectLine("open");
    // On a busy machine the others might all die before they have sent anything.
    for (let n = life === 0 ? FIRST_ACKNOWLEDGEMENTS : 0; n > 0; n--) {
      takeAcknowledgement(judge, await child.nextLine() ?? "");
    }
    await pause(random.next(random.pick(LIVING_MS)));
  }
  for (const line of await child.killed()) takeAcknowledgement(judge, line);
}

function takeAcknowledgement(judge: DelayJudge, line: string): void {
  const [word, ...places] = line.split(" ");
  if (word === "ack") { for (const place of places) judge.acknowledge(parsePlace(place)); }
}

function taskOf({ random, options }: StorePlay, path: string, life: number): string {
  const { delays, fault } = options;
  const store: OpenStoreOptions = {
    // A fault is one of writes, and of those the mapped path has few.
    writePath: fault === undefined ? random.pick(["staged", "mapped"] as const) : "staged",
    durability: random.pick(["committed", "flushed"] as const),
    geometry: {
      segmentByteLength: random.pick([64, 256]) * 1024,
      queueEntryCount: 100,
      indexSlotCount: 50,
      indexEntryCount: 200,
    },
    tuning: { flushIntervalMs: random.pick([5, 500]) },
  };
  const task: DelayingTask = {
    path,
    seed: random.next(2 ** 31),
    first: life * NUMBERS_A_LIFE,
    delays,
    options: store,
    ...fault === undefined ? {} : { fault },
  };
  return JSON.stringify(task);
}

async function lookAfterKill({ judge, totals }: StorePlay, path: string): Promise<void> {
  try {
    await using store = await openStore(path, { readOnly: true });
    judge.look(await delivered(store));
    totals.leftCount += waitingCount(store) - judge.waitedCount;
  } catch (error) {
    // Killed before it made the directory's first file.
    const isEmpty = judge.acknowledgedCount === 0 && judge.foundCount === 0;
    if (!isEmpty || (error as { code?: string }).code !== "NOT_FOUND") throw error;
  }
}

/** The last writer is not killed before it has delivered everything. */
async function deliverAll({ judge, options }: StorePlay, path: string): Promise<void> {
  await using store = await openStore(path);
  judge.look(await delivered(store));
  const count = judge.foundCount - judge.waitedCount + waitingCount(store);
  const deadline = Date.now() + Math.max(...options.delays.map(waitOf)) + DELIVERY_DEADLINE_MS;
  while (deliveredCount(store) < count) {
    const notes = store.info.notes.join("; ");
    assert.ok(Date.now() < deadline, `all of ${count} are delivered in time: ${notes}`);
    await pause(POLL_MS);
  }
}

function delivered(store: Store) {
  return Promise.all(SENT_QUEUES.map(({ topic, queueId }) => {
    return Array.fromAsync(store.queue(topic, queueId).read());
  }));
}

function deliveredCount(store: Store): number {
  const ends = SENT_QUEUES.map(({ topic, queueId }) => store.queue(topic, queueId).endOffset);
  return ends.reduce((sum, end) => sum + end, 0);
}

/** How many messages have come to wait, by level, at the levels that have any. */
function waitingEnds(store: Store): Record<string, number> {
  const queues = store.topics().find(({ topic }) => topic === WAITING)?.queues ?? [];
  return Object.fromEntries(
    queues.filter(({ endOffset }) => endOffset > 0)
      .map(({ queueId, endOffset }) => [queueId + 1, endOffset]),
  );
}

/** How many messages have come to wait: by a level, or for an exact time. */
function waitingCount(store: Store): number {
  const { endOffset } = store.queue(TIMED);
  return Object.values(waitingEnds(store)).reduce((sum, end) => sum + end, endOffset);
}

/** How far a broker would take the levels to be: JSON with numbers for names. */
function toldOffsets(path: string): Record<string, number> {
  const text = readFileSync(join(path, "config/delayOffset.json"), "utf8");
  return JSON.parse(text.replace(/([{,]\s*)(\d+):/g, '$1"$2":')).offsetTable;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
