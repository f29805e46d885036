/**
 * Lets many processes race for one writer's lock.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStore, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { javaAppend, javaHarness } from "../../interop/java_harness.ts";
import { SAMPLE_GEOMETRY, SAMPLE_OPTIONS } from "../../support/sample_store.ts";
import { type ScriptChild, spawnSpoken } from "../../support/child.ts";
import { temporaryDirectory } from "../../support/temp_dir.ts";
import { LOCK_FAULT } from "./racing_child.ts";

/** What to do. */
export interface RacesOptions {
  /** Races. */
  readonly count: number;
  /** Processes in each. */
  readonly racerCount: number;
  /** In one race of so many a RocketMQ store runs along; 0 means never. */
  readonly javaEvery: number;
  /** Whether the lock refuses nobody; a planted fault. */
  readonly isUnlocked?: boolean;
  /** Called after each race. */
  readonly onRace?: (done: number) => void;
}

/** What was seen. */
export interface RacesResult {
  /** Races. */
  races: number;
  /** Races that had exactly one winner. */
  oneWinner: number;
  /** Races with a RocketMQ store among them. */
  withJava: number;
  /** Races that it won. */
  javaWon: number;
  /** The first race that had another number of winners, in words. */
  reason: string;
  /** Who won how often. */
  readonly wins: number[];
}

const CHILD = "harness/crash/lock_race/racing_child.ts";
const JAVA = "5.3.3";
const JAVA_MS = 1500;
/** RocketMQ says that it has closed its store a moment after it gave the lock back. */
const CLOSED_LATE_MS = 20;

/** What a winner says. */
interface Win {
  /** Position of its message. */
  readonly position: number;
  /** When it had the lock, ms since epoch. */
  readonly wonMs: number;
}

/** What a RocketMQ store did: nothing if it was refused. */
interface JavaRun {
  readonly positions: readonly number[];
  readonly closedMs: number;
}

interface Race {
  readonly path: string;
  readonly racers: readonly ScriptChild[];
  readonly result: RacesResult;
  /** Where the messages of all winners are. */
  readonly positions: number[];
  /** How long the last RocketMQ store took from its start to its end, ms. */
  javaMs: number;
}

/**
 * Races `count` times for the lock of one store.
 *
 * @param options What to do.
 * @returns What was seen.
 */
export async function races(options: RacesOptions): Promise<RacesResult> {
  const { count, racerCount, javaEvery, isUnlocked = false } = options;
  await using directory = await temporaryDirectory("streambed-race-");
  const path = join(directory.path, "store");
  const args = isUnlocked ? [LOCK_FAULT] : [];
  const racers = Array.from({ length: racerCount }, () => spawnSpoken(CHILD, args));
  const wins = racers.map(() => 0);
  const result = { races: 0, oneWinner: 0, withJava: 0, javaWon: 0, reason: "", wins };
  const positions: number[] = [];
  try {
    const race = { path, racers, result, positions, javaMs: JAVA_MS };
    for (let n = 1; n <= count; n++) {
      const isJava = javaEvery > 0 && n % javaEvery === 0;
      await (isJava ? raceWithJava(race) : raceOnce(race));
      result.races++;
      options.onRace?.(n);
    }
  } finally {
    for (const racer of racers) await racer[Symbol.asyncDispose]();
  }
  if (!isUnlocked) await assertWhole(path, positions);
  return result;
}

/**
 * Whether a RocketMQ store can run along.
 *
 * @returns Why not, or `undefined`.
 */
export async function whyNoJava(): Promise<string | undefined> {
  const harness = await javaHarness(JAVA);
  return harness.available ? undefined : harness.reason;
}

/** All start at once, and the winner keeps the lock until all have answered. */
async function raceOnce(race: Race): Promise<void> {
  const { path, racers, result } = race;
  for (const racer of racers) racer.say(`race ${path}`);
  const answers = await Promise.all(racers.map(answerOf));
  const winners = racers.filter((_, index) => answers[index] !== undefined);
  if (winners.length === 1) {
    result.oneWinner++;
    result.wins[racers.indexOf(winners[0])]++;
  } else result.reason ||= `race ${result.races + 1} had ${winners.length} winners`;
  race.positions.push(...answers.flatMap((win) => win?.position ?? []));
  await release(winners);
}

/**
 * A RocketMQ store opens the directory, writes and closes it. Meanwhile the others try, and one of
 * them until it has won: it keeps the lock until the RocketMQ store is over. So that one is
 * refused, or it was closed before anybody else had the lock.
 */
async function raceWithJava(race: Race): Promise<void> {
  const { path, racers, result } = race;
  result.withJava++;
  const started = performance.now();
  const java = runJava(path).finally(() => race.javaMs = performance.now() - started);
  // Before it looks at the lock, while it holds it, or after: as long as the last one took tells
  // when that is.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 1.3 * race.javaMs));
  const [first, ...others] = racers;
  first.say(`until ${path}`);
  for (const racer of others) racer.say(`race ${path}`);
  const answers = await Promise.all(others.map(answerOf));
  const winners = others.filter((_, index) => answers[index] !== undefined);
  const written = await java;
  await release(winners);
  const last = await answerOf(first);
  await release([first]);
  const wins = [last, ...answers].filter((win) => win !== undefined);
  race.positions.push(...wins.map(({ position }) => position), ...written.positions);
  if (written.positions.length > 0) result.javaWon++;
  // Who of the others won kept the lock: the RocketMQ store was refused then, or had closed its
  // store before.
  const isOne = winners.length <= 1 &&
    answers.every((win) => win === undefined || written.closedMs - CLOSED_LATE_MS <= win.wonMs);
  if (isOne && last !== undefined) result.oneWinner++;
  else {
    result.reason ||=
      `with RocketMQ, which wrote ${written.positions.length}, ${winners.length} won`;
  }
}

async function runJava(path: string): Promise<JavaRun> {
  const plan = { n: 3, topics: ["Orders"], queues: 1, geometry: SAMPLE_GEOMETRY };
  try {
    const { acks, closedMs } = await javaAppend(JAVA, path, plan);
    assert.ok(closedMs !== undefined, "It says when it closed the store");
    return { positions: acks.map(({ offset }) => offset), closedMs };
  } catch (error) {
    assert.match((error as Error).message, /Lock failed/, "It fails of nothing else");
    return { positions: [], closedMs: 0 };
  }
}

async function answerOf(racer: ScriptChild): Promise<Win | undefined> {
  const answer = await racer.nextLine();
  if (answer === undefined) throw new Error(`Cannot race: ${(await racer.wait()).stderr}`);
  const [word, ...numbers] = answer.split(" ");
  const [position, wonMs] = numbers.map(Number);
  return word === "won" ? { position, wonMs } : undefined;
}

async function release(racers: readonly ScriptChild[]): Promise<void> {
  for (const racer of racers) {
    racer.say("release");
    assert.equal(await racer.nextLine(), "released");
  }
}

/** Two writers at once would have written over each other. */
async function assertWhole(path: string, positions: readonly number[]): Promise<void> {
  assert.equal(new Set(positions).size, positions.length, "No position was given twice");
  {
    await using store = await openStore(path, SAMPLE_OPTIONS);
    for (const position of positions) {
      assert.equal((await store.get(position))?.topic, "Orders");
    }
  }
  const report = await verifyStore(systemEnvironment(await loadLibc()), path);
  const damage = report.findings.filter(({ severity }) => severity === "damage");
  assert.deepEqual(damage, [], "What all of them wrote is sound");
}
