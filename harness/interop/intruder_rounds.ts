/**
 * A RocketMQ store that is started by mistake on the directory of a live writer, again and again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { loadLibc } from "../../ffi/mod.ts";
import { openStore, openStoreIn, type Store, systemEnvironment } from "../../storage/mod.ts";
import type { RocketmqVersion } from "../support/golden_manifest.ts";
import { SAMPLE_GEOMETRY, SAMPLE_OPTIONS, sampleMessage } from "../support/sample_store.ts";
import { temporaryDirectory } from "../support/temp_dir.ts";
import { assertSound } from "./handover.ts";
import { type IntruderFault, withIntruderFault } from "./intruder_faults.ts";
import { javaAppend } from "./java_harness.ts";

/** What to do. */
export interface IntruderOptions {
  /** The RocketMQ release. */
  readonly version: RocketmqVersion;
  /** How often it is started. */
  readonly count: number;
  /** How records reach the file. */
  readonly writePath: "staged" | "mapped";
  /** A fault that is planted under the writer; none when left out. */
  readonly fault?: IntruderFault;
  /** Called after each start. */
  readonly onStart?: (done: number) => void;
}

/** What was seen. */
export interface IntruderResult {
  /** Starts that were refused: all of them. */
  readonly refused: number;
  /** Messages appended meanwhile, all of them found afterwards. */
  readonly messageCount: number;
  /** Files of the store that were gone after a start. */
  readonly notes: number;
}

/** The store is closed and opened again after so many starts. */
const STARTS_A_LIFE = 4;
const PAUSE_MS = 2;
/** No timer writes anything meanwhile: RocketMQ takes every index file for unfinished. */
const IDLE = {
  tuning: { flushIntervalMs: 60_000, commitIntervalMs: 60_000, commitThoroughIntervalMs: 600_000 },
};
/** More than one index file holds. */
const MANY = 500;

/**
 * Appends while RocketMQ tries to open the directory.
 *
 * @param options What to do.
 * @returns What was seen.
 * @throws {AssertionError} If a start was not refused, or something is missing or wrong afterwards.
 */
export async function intruderRounds(options: IntruderOptions): Promise<IntruderResult> {
  const { version, count, writePath, fault, onStart } = options;
  const environment = systemEnvironment(withIntruderFault(await loadLibc(), fault));
  await using directory = await temporaryDirectory("streambed-intruder-");
  const path = join(directory.path, "store");
  /** Position and number of every message that was acknowledged. */
  const acknowledged: [position: number, id: number][] = [];
  let notes = 0;
  for (let done = 0; done < count;) {
    const timing = done % (2 * STARTS_A_LIFE) === 0 ? IDLE : {};
    const options = { ...SAMPLE_OPTIONS, ...timing, writePath };
    await using store = await openStoreIn(environment, path, options);
    await appendMany(store, acknowledged);
    const removed: string[] = [];
    for (let n = 0; n < STARTS_A_LIFE && done < count; n++) {
      const before = indexFiles(path);
      await appendDuring(store, acknowledged, intrude(version, path));
      const after = indexFiles(path);
      removed.push(...before.filter((name) => !after.includes(name)));
      onStart?.(++done);
    }
    await store.close();
    notes += assertNoted(removed, store.info.notes);
  }
  {
    await using store = await openStore(path);
    for (const [position, id] of acknowledged) {
      assert.equal((await store.get(position))?.text(), sampleMessage(id).body, `message ${id}`);
    }
  }
  await assertSound(path);
  return { refused: count, messageCount: acknowledged.length, notes };
}

function indexFiles(path: string): string[] {
  const folder = join(path, "index");
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Somebody removed index files: a note must say so. Gives how many notes there are. */
function assertNoted(removed: readonly string[], notes: readonly string[]): number {
  const isNoted = notes.some((note) => /^index\/\d+ is gone/.test(note));
  assert.ok(
    isNoted || removed.length === 0,
    `index/${removed[0]} was removed, and no note says so`,
  );
  return notes.length;
}

/**
 * It fails, but not before it has looked at everything, and removed what it takes for unfinished.
 */
async function intrude(version: RocketmqVersion, path: string): Promise<void> {
  const plan = { n: 5, topics: ["Orders"], queues: 1, first: 9000, geometry: SAMPLE_GEOMETRY };
  await assert.rejects(javaAppend(version, path, plan), /Lock failed/);
}

/** So that there are files to be removed. */
async function appendMany(
  store: Store,
  acknowledged: [position: number, id: number][],
): Promise<void> {
  const first = acknowledged.length;
  const messages = Array.from({ length: MANY }, (_, at) => sampleMessage(first + at));
  const results = await store.appendAll(messages);
  [...results].forEach(({ position }, at) => acknowledged.push([position, first + at]));
}

async function appendDuring(
  store: Store,
  acknowledged: [position: number, id: number][],
  action: Promise<void>,
): Promise<void> {
  let isOver = false;
  const running = action.finally(() => isOver = true);
  running.catch(() => {});
  try {
    while (!isOver) {
      const id = acknowledged.length;
      const durability = id % 10 === 0 ? "flushed" : "committed";
      const { position } = await store.append(sampleMessage(id), { durability });
      acknowledged.push([position, id]);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  } finally {
    // An intruder that got in is why an append failed.
    await running;
  }
}
