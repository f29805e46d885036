/**
 * Cuts the power under a writer again and again, on a real file system, and looks at what is left.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStore, type OpenStoreOptions, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { CutDisk } from "../../support/cut_disk.ts";
import { type SeededRandom, seededRandom } from "../../support/random.ts";
import { type ScriptChild, spawnSpoken } from "../../support/child.ts";
import { parsePlace } from "../sent.ts";
import { checkStore, type Known, nothingKnown } from "./check.ts";
import type { PowerFault } from "./faults.ts";
import { machineTime } from "./machine_time.ts";
import { nudge, type Nudges } from "./nudge.ts";
import { askRecovery } from "./recovery_rule.ts";
import type { WritingEnd, WritingTask } from "./writing_child.ts";

/** Rounds on one file system, so that recovery works on what recovery left. */
const ROUNDS_A_DISK = 6;
const OPENING_MS = 15;
const WRITING_MS = 90;
const NUDGE_MS = 4;
const MAX_BYTE_LENGTH = 1024 * 1024;
/** All of it fits on the disk many times. */
const GEOMETRY = {
  geometry: {
    segmentByteLength: 128 * 1024,
    maxBodyByteLength: 21_000,
    queueEntryCount: 100,
    indexSlotCount: 50,
    indexEntryCount: 200,
  },
};
const CHILD = "harness/crash/power_cut/writing_child.ts";

/** What to do. */
export interface PowerRoundsOptions {
  /** Cuts. */
  readonly count: number;
  /** Seed of everything that is random but the moments. */
  readonly seed: number;
  /** How records reach the file. */
  readonly writePath: "staged" | "mapped";
  /**
   * A fault planted under the writer: every round has a disk of its own then, and what breaks is
   * counted.
   */
  readonly fault?: PowerFault;
  /** Called after each round. */
  readonly onRound?: (done: number) => void;
}

/** What was seen. */
export interface PowerRoundsResult {
  /** Cuts. */
  cuts: number;
  /** Cuts while the store was being opened. */
  whileOpening: number;
  /** Cuts after which less was there than had been written. */
  withLoss: number;
  /** Messages acknowledged as flushed. */
  acknowledged: number;
  /** Checkpoints acknowledged. */
  checkpoints: number;
  /** Answers that came after the cut had begun, and do not count. */
  tooLate: number;
  /** Messages read after the cuts. */
  found: number;
  /** Members of atomic batches among them. */
  members: number;
  /** Highest position of a log. */
  position: number;
  /** Cuts after which a promise was broken; without a fault the first one throws. */
  broken: number;
  /** The first broken promise in words. */
  reason: string;
  /** How recovery judged the end of the log, and how often. */
  readonly rules: Record<string, number>;
  /** What the store said when its disk was gone, and how often. */
  readonly codes: Record<string, number>;
  /** What was written back early. */
  readonly nudges: Nudges;
}

interface Rounds {
  readonly options: PowerRoundsOptions;
  readonly random: SeededRandom;
  readonly disk: CutDisk;
  readonly result: PowerRoundsResult;
  child: ScriptChild;
}

/** What is known of the store on the disk as it is now. */
interface Lineage {
  readonly known: Known;
  readonly path: string;
}

/**
 * Cuts the power `count` times. After each cut everything that was acknowledged must be there.
 *
 * @param options What to do.
 * @returns What was seen.
 */
export async function powerRounds(options: PowerRoundsOptions): Promise<PowerRoundsResult> {
  await using disk = new CutDisk();
  const random = seededRandom(options.seed);
  const rounds = { options, random, disk, result: newResult(), child: spawnSpoken(CHILD) };
  try {
    const path = join(disk.path, "store");
    let lineage = { known: nothingKnown(), path };
    for (let n = 0; n < options.count; n++) {
      if (n > 0 && (options.fault !== undefined || n % ROUNDS_A_DISK === 0)) {
        await disk.clear();
        lineage = { known: nothingKnown(), path };
      }
      const isLast = (n + 1) % ROUNDS_A_DISK === 0 || n + 1 === options.count;
      await oneRound(rounds, lineage, isLast || options.fault !== undefined);
      options.onRound?.(n + 1);
    }
    return rounds.result;
  } finally {
    await rounds.child[Symbol.asyncDispose]();
  }
}

async function oneRound(rounds: Rounds, lineage: Lineage, isLast: boolean): Promise<void> {
  const { disk, result, options } = rounds;
  const end = await writeUntilCut(rounds, lineage);
  lineage.known.writtenPosition = Math.max(
    lineage.known.writtenPosition,
    end.writtenPosition,
  );
  await disk.unmount();
  disk.mount();
  result.cuts++;
  try {
    await lookAsReader(rounds, lineage, end);
    if (isLast || rounds.random.chance(4)) await lookAsWriter(lineage);
  } catch (error) {
    if (options.fault === undefined) throw error;
    result.broken++;
    result.reason ||= (error as Error).message.split("\n", 1)[0];
  }
}

async function writeUntilCut(rounds: Rounds, lineage: Lineage): Promise<WritingEnd> {
  const { random, disk, child, result } = rounds;
  child.say(JSON.stringify(taskOf(rounds, lineage)));
  assert.equal(await child.nextLine(), "opening", "The child starts");
  let end: WritingEnd | undefined;
  const answers: string[] = [];
  // A fault that has had nothing to spoil cannot be caught.
  const isEarly = random.chance(6) && rounds.options.fault === undefined;
  const start = {
    word: rounds.options.fault === undefined ? "open" : "ack",
    ...Promise.withResolvers<void>(),
  };
  const listening = listen(child, answers, start).then((last) => end = last);
  if (!isEarly) await start.promise;
  const duration = 1 + random.next(isEarly ? OPENING_MS : WRITING_MS);
  const cutTime = performance.now() + duration;
  while (performance.now() < cutTime) {
    nudge(disk.path, lineage.path, random, result.nudges);
    const left = cutTime - performance.now();
    if (left > 0) await pause(Math.min(left, random.next(2 * NUDGE_MS)));
  }
  const cutMoment = machineTime();
  disk.cut(random.pick(["lost", "lost", "written"] as const));
  await listening;
  if (!answers.includes("open")) result.whileOpening++;
  takeAnswers(answers, cutMoment, lineage.known, result);
  return await endOf(rounds, end);
}

/** Gathers lines up to the end of the work, which comes by itself: a store without a disk stops. */
async function listen(
  child: ScriptChild,
  answers: string[],
  start: { readonly word: string; readonly resolve: () => void },
): Promise<WritingEnd | undefined> {
  try {
    for (;;) {
      const line = await child.nextLine();
      if (line?.startsWith("ended ")) return JSON.parse(line.slice(6));
      if (line === undefined) return undefined;
      if (line.split(" ", 1)[0] === start.word) start.resolve();
      answers.push(line);
    }
  } finally {
    start.resolve();
  }
}

/**
 * The mapped path touches memory whose disk is gone: the process dies of that, as everything else
 * does in a power cut.
 */
async function endOf(rounds: Rounds, end: WritingEnd | undefined): Promise<WritingEnd> {
  const { result, options } = rounds;
  let codes = end?.codes ?? [];
  if (end === undefined) {
    const { signal, stderr } = await rounds.child.wait();
    const isExplained = signal === "SIGBUS" && options.writePath === "mapped";
    assert.ok(isExplained, `The child dies of ${signal}: ${stderr}`);
    codes = [signal!];
    rounds.child = spawnSpoken(CHILD);
  }
  for (const code of codes) result.codes[code] = (result.codes[code] ?? 0) + 1;
  return end ?? { codes, writtenPosition: 0 };
}

/**
 * A machine without power acknowledges nothing. What is acknowledged while the disk is being shut
 * down does not count: the kernel lets a sync that is under way succeed then, though its extents
 * stay unwritten.
 */
function takeAnswers(
  answers: readonly string[],
  cutMoment: number,
  known: Known,
  result: PowerRoundsResult,
): void {
  for (const line of answers) {
    const [word, time, ...rest] = line.split(" ");
    if (time === undefined) continue;
    if (Number(time) >= cutMoment) {
      result.tooLate++;
    } else if (word === "save") {
      known.checkpointId = Math.max(known.checkpointId, Number(rest[0]));
      result.checkpoints++;
    } else {
      for (const { queue, offset } of rest.map(parsePlace)) {
        known.ends[queue] = Math.max(known.ends[queue], offset + 1);
        result.acknowledged++;
      }
    }
  }
}

/** As a reader, who changes nothing: the next round's writer recovers what the cut left. */
async function lookAsReader(rounds: Rounds, lineage: Lineage, end: WritingEnd): Promise<void> {
  const { result } = rounds;
  const { path, known } = lineage;
  const rule = await askRecovery(path);
  result.rules[rule] = (result.rules[rule] ?? 0) + 1;
  try {
    await using store = await openStore(path, { readOnly: true });
    const found = await checkStore(store, known, MAX_BYTE_LENGTH);
    result.found += found.messageCount;
    result.members += found.memberCount;
    const { committedPosition } = store.info;
    if (committedPosition < end.writtenPosition) result.withLoss++;
    result.position = Math.max(result.position, committedPosition);
  } catch (error) {
    // Cut before the first file was durable.
    const isNew = known.ends.every((offset) => offset === 0) && known.checkpointId === 0;
    if (!isNew || (error as { code?: string }).code !== "NOT_FOUND") throw error;
    if (end.writtenPosition > 0) result.withLoss++;
  }
}

async function lookAsWriter({ path, known }: Lineage): Promise<void> {
  {
    await using store = await openStore(path, GEOMETRY);
    await checkStore(store, known, MAX_BYTE_LENGTH);
  }
  const report = await verifyStore(systemEnvironment(await loadLibc()), path);
  const damage = report.findings.filter(({ severity }) => severity === "damage");
  assert.deepEqual(damage, [], "A recovered store is sound");
}

function taskOf({ options, random }: Rounds, { path }: Lineage): WritingTask {
  const store: OpenStoreOptions = {
    writePath: options.writePath,
    durability: "flushed",
    ...GEOMETRY,
    retention: { maxByteLength: MAX_BYTE_LENGTH },
    tuning: {
      flushIntervalMs: random.pick([3, 15, 500]),
      flushThoroughIntervalMs: random.pick([10, 10_000]),
      groupIntervalMs: 10,
    },
  };
  const fault = options.fault === undefined ? {} : { fault: options.fault };
  const disk = { syncDelayMs: random.pick([0, 2, 12]), ...fault };
  return { path, seed: random.next(2 ** 31), options: store, disk };
}

function newResult(): PowerRoundsResult {
  return {
    cuts: 0,
    whileOpening: 0,
    withLoss: 0,
    acknowledged: 0,
    checkpoints: 0,
    tooLate: 0,
    found: 0,
    members: 0,
    position: 0,
    broken: 0,
    reason: "",
    rules: {},
    codes: {},
    nudges: { writtenBack: 0, synced: 0, journals: 0 },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
