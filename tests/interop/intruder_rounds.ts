/**
 * A RocketMQ store that is started by mistake on the directory of a live writer, again and again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openStore, type Store } from "../../storage/mod.ts";
import type { RocketmqVersion } from "../support/golden_manifest.ts";
import { SAMPLE_GEOMETRY, sampleMessage } from "../support/sample_store.ts";
import { temporaryDirectory } from "../support/temp_dir.ts";
import { assertSound } from "./handover.ts";
import { javaAppend } from "./java_harness.ts";

/** What to do. */
export interface IntruderOptions {
  /** The RocketMQ release. */
  readonly version: RocketmqVersion;
  /** How often it is started. */
  readonly count: number;
  /** How records reach the file. */
  readonly writePath: "staged" | "mapped";
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

/**
 * Appends while RocketMQ tries to open the directory.
 *
 * @param options What to do.
 * @returns What was seen.
 */
export async function intruderRounds(options: IntruderOptions): Promise<IntruderResult> {
  const { version, count, writePath, onStart } = options;
  await using directory = await temporaryDirectory("streambed-intruder-");
  const path = join(directory.path, "store");
  /** Position and number of every message that was acknowledged. */
  const acknowledged: [position: number, id: number][] = [];
  let notes = 0;
  for (let done = 0; done < count;) {
    await using store = await openStore(path, { ...SAMPLE_GEOMETRY, writePath });
    for (let n = 0; n < STARTS_A_LIFE && done < count; n++) {
      await appendDuring(store, acknowledged, intrude(version, path));
      onStart?.(++done);
    }
    notes += store.info.notes.length;
  }
  {
    await using store = await openStore(path);
    for (const [position, id] of acknowledged) {
      assert.equal(store.get(position).text(), sampleMessage(id).body, `message ${id}`);
    }
  }
  await assertSound(path);
  return { refused: count, messageCount: acknowledged.length, notes };
}

/** It fails, but not before it has looked at everything, and removed what it takes for unfinished. */
async function intrude(version: RocketmqVersion, path: string): Promise<void> {
  const plan = { n: 5, topics: ["Orders"], queues: 1, first: 9000, geometry: SAMPLE_GEOMETRY };
  await assert.rejects(javaAppend(version, path, plan), /Lock failed/);
}

async function appendDuring(
  store: Store,
  acknowledged: [position: number, id: number][],
  action: Promise<void>,
): Promise<void> {
  let isOver = false;
  const running = action.finally(() => isOver = true);
  while (!isOver) {
    const id = acknowledged.length;
    const durability = id % 10 === 0 ? "flushed" : "committed";
    const { position } = await store.append(sampleMessage(id), { durability });
    acknowledged.push([position, id]);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  await running;
}
