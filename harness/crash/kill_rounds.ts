/**
 * Kills a writer again and again at random moments and looks at what is left.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { loadLibc } from "../../ffi/mod.ts";
import {
  type Durability,
  openStore,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import { type ScriptChild, spawnScript } from "../support/child.ts";
import { type SeededRandom, seededRandom } from "../support/random.ts";
import { temporaryDirectory } from "../support/temp_dir.ts";
import type { ChildTask } from "./appending_child.ts";
import type { Fault } from "./faults.ts";
import { checkAll, checkFound, checkKeys, parsePlace, SENT_QUEUES } from "./sent.ts";

/** Rounds on one directory, so that recovery works on what recovery left. */
const ROUNDS_A_STORE = 5;
const OPENING_MS = 40;
const APPENDING_MS = 80;
const ACKNOWLEDGEMENTS = 5;

/** What to do. */
export interface KillRoundsOptions {
  /** Kills. */
  readonly count: number;
  /** Seed of everything that is random. */
  readonly seed: number;
  /** How records reach the file. */
  readonly writePath: "staged" | "mapped";
  /** When an append settles; drawn for each life when left out. */
  readonly durability?: Durability;
  /** Where to make the stores; the system's temporary directory when left out. */
  readonly parent?: string;
  /**
   * Folders below the store that hold the log, as of the option; `commitlog` alone when left out.
   */
  readonly logDirectories?: readonly string[];
  /** A fault planted under the writer; none when left out. */
  readonly fault?: Fault;
  /** Called after each round. */
  readonly onRound?: (done: number) => void;
}

/** What was seen. */
export interface KillRoundsResult {
  /** Kills. */
  readonly killCount: number;
  /** Kills before the store was open. */
  readonly openingKillCount: number;
  /** Messages that were acknowledged before a kill. */
  readonly acknowledgedCount: number;
  /** Messages that were there afterwards. */
  readonly foundCount: number;
  /** Messages that a reader in another process saw while they were written. */
  readonly followedCount: number;
  /** Longest log, segments. */
  readonly segmentCount: number;
}

/** One directory and what is known of it. */
interface Round {
  readonly path: string;
  readonly random: SeededRandom;
  readonly options: KillRoundsOptions;
  /** Where the log is, for all that open the store. */
  readonly where: Pick<OpenStoreOptions, "logDirectories">;
  /** Offset after the last message that must be there, queue by queue. */
  readonly expected: number[];
  readonly result: { -readonly [K in keyof KillRoundsResult]: number };
}

/**
 * Kills a writer `count` times. After each kill everything that was acknowledged, or shown to a
 * reader, must be there.
 *
 * @param options What to do.
 * @returns What was seen.
 */
export async function killRounds(options: KillRoundsOptions): Promise<KillRoundsResult> {
  const random = seededRandom(options.seed);
  const result = {
    killCount: 0,
    openingKillCount: 0,
    acknowledgedCount: 0,
    foundCount: 0,
    followedCount: 0,
    segmentCount: 0,
  };
  const { logDirectories } = options;
  const where = logDirectories === undefined ? {} : { logDirectories };
  while (result.killCount < options.count) {
    await using directory = await temporaryDirectory("streambed-kill9-", options.parent);
    for (const name of logDirectories ?? []) await mkdir(join(directory.path, name));
    const expected = SENT_QUEUES.map(() => 0);
    const round = { path: directory.path, random, options, where, expected, result };
    for (let n = 0; n < ROUNDS_A_STORE && result.killCount < options.count; n++) {
      await killOnce(round);
      await lookReadOnly(round);
      result.killCount++;
      options.onRound?.(result.killCount);
    }
    await lookAsWriter(round);
  }
  return result;
}

async function killOnce(round: Round): Promise<void> {
  const { random, result } = round;
  await using child = spawnScript("harness/crash/appending_child.ts", [taskOf(round)]);
  assert.equal(await child.nextLine(), "opening", "The child starts");
  if (random.chance(5)) {
    await pause(random.next(OPENING_MS));
    child.kill();
    result.openingKillCount++;
  } else {
    const opened = await child.nextLine();
    if (opened !== "open") throw new Error(`The child opens: ${(await child.wait()).stderr}`);
    await followUntilKilled(round, child);
  }
  const { signal, stderr } = await child.wait();
  assert.equal(signal, "SIGKILL", `The child dies of nothing else: ${stderr}`);
  await takeAcknowledged(round, child);
}

function taskOf({ path, random, options, where }: Round): string {
  const store: OpenStoreOptions = {
    ...where,
    writePath: options.writePath,
    durability: options.durability ?? random.pick(["committed", "flushed"] as const),
    geometry: {
      segmentByteLength: random.pick([64, 256]) * 1024,
      queueEntryCount: 100,
      indexSlotCount: 50,
      indexEntryCount: 200,
    },
    tuning: { flushIntervalMs: random.pick([5, 500]) },
  };
  const batchCount = random.pick([10, 300]);
  const task = { path, seed: random.next(2 ** 31), options: store, batchCount };
  return JSON.stringify(
    {
      ...task,
      ...(options.fault === undefined ? {} : { fault: options.fault }),
    } satisfies ChildTask,
  );
}

/** Reads beside the writer until it is killed. What was shown must be there afterwards. */
async function followUntilKilled(round: Round, child: ScriptChild): Promise<void> {
  const { random } = round;
  const visibility = random.pick(["committed", "flushed"] as const);
  const moment = killInAMoment(round, child);
  // Closed also when it has found damage, or it would keep this process alive.
  await using reader = await openStore(round.path, { ...round.where, readOnly: true });
  const over = new AbortController();
  const following = SENT_QUEUES.map((_, queue) =>
    follow(round, { reader, queue, visibility, over: over.signal })
  );
  await Promise.race([moment, Promise.all(following)]);
  await child.wait();
  over.abort();
  await reader.close();
  await Promise.all(following);
}

/**
 * Counted in acknowledgements first, so that a runtime or a machine that is slow to begin is not
 * always killed before the first.
 */
async function killInAMoment(round: Round, child: ScriptChild): Promise<void> {
  const { random } = round;
  for (let count = random.next(ACKNOWLEDGEMENTS); count > 0; count--) {
    const line = await child.nextLine();
    if (line === undefined) break;
    takeAcknowledgement(round, line);
  }
  await pause(random.next(APPENDING_MS));
  child.kill();
}

/** One queue that is read beside the writer. */
interface Following {
  readonly reader: Store;
  readonly queue: number;
  readonly visibility: Durability;
  readonly over: AbortSignal;
}

async function follow(round: Round, following: Following): Promise<void> {
  const { reader, queue, visibility, over } = following;
  const { topic, queueId } = SENT_QUEUES[queue];
  let offset = 0;
  for await (const message of reader.queue(topic, queueId).read({ follow: true, visibility })) {
    if (over.aborted) break;
    checkFound(reader, message, { queue, offset }, visibility);
    offset++;
    round.result.followedCount++;
    round.expected[queue] = Math.max(round.expected[queue], offset);
  }
}

async function takeAcknowledged(round: Round, child: ScriptChild): Promise<void> {
  for (const line of await child.remainingLines()) takeAcknowledgement(round, line);
}

function takeAcknowledgement({ expected, result }: Round, line: string): void {
  const [word, ...places] = line.split(" ");
  if (word !== "ack") return;
  for (const { queue, offset } of places.map(parsePlace)) {
    expected[queue] = Math.max(expected[queue], offset + 1);
    result.acknowledgedCount++;
  }
}

async function lookReadOnly({ path, where, expected, result }: Round): Promise<void> {
  try {
    await lookRaw(path, where, false);
    await using store = await openStore(path, { ...where, readOnly: true });
    const ends = await checkAll(store, expected);
    ends.forEach((end, queue) => expected[queue] = end);
    result.segmentCount = Math.max(result.segmentCount, store.info.segmentCount);
  } catch (error) {
    // Killed before it made the directory's first file.
    const isEmpty = expected.every((end) => end === 0);
    if (!isEmpty || (error as { code?: string }).code !== "NOT_FOUND") throw error;
  }
}

/**
 * As a stranger sees it who knows nothing of our recovery: Java would read half a group. A writer
 * that is killed while it rebuilds queues and index leaves them behind; only after an orderly close
 * they must be whole.
 */
async function lookRaw(path: string, where: Round["where"], isClosed: boolean): Promise<void> {
  const report = await verifyStore(systemEnvironment(await loadLibc()), path, where);
  const damage = report.findings.filter(({ severity, area }) =>
    severity === "damage" && (isClosed || (area !== "index" && area !== "queue"))
  );
  assert.deepEqual(damage, [], "verify tells a tail from damage");
  assert.deepEqual(report.unfinishedBatches, [], "No batch is half published");
  const reason = "reason" in report.tail ? report.tail.reason : undefined;
  assert.notEqual(reason, "batch", "No batch is half published at the tail");
}

async function lookAsWriter({ path, where, expected, result }: Round): Promise<void> {
  {
    await using store = await openStore(path, where);
    const ends = await checkAll(store, expected);
    await checkKeys(store, ends);
    result.foundCount += ends.reduce((sum, end) => sum + end, 0);
    assert.deepEqual(ends, expected, "A writer finds what a reader found");
  }
  await lookRaw(path, where, true);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
