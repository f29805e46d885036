/**
 * Handing a store over to Apache RocketMQ and back: what both sides make of one directory.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { loadLibc } from "../../ffi/mod.ts";
import {
  decodeIndexHeader,
  decodeStoreCheckpoint,
  encodeStoreCheckpoint,
} from "../../storage/layout/mod.ts";
import { openStore, openStoreIn, systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import { spawnScript } from "../support/child.ts";
import {
  type Deviation,
  expectedMessages,
  type ExpectedStore,
} from "../support/golden_expected.ts";
import type {
  JavaAnswers,
  Manifest,
  RocketmqVersion,
  VerifiedIndex,
} from "../support/golden_manifest.ts";
import { assertAnswers } from "../support/golden_store.ts";
import {
  appendSample,
  SAMPLE_GEOMETRY,
  SAMPLE_OPTIONS,
  sampleMessage,
} from "../support/sample_store.ts";
import { temporaryDirectory } from "../support/temp_dir.ts";
import { javaRead } from "./java_harness.ts";

/** How Streambed reaches the file. */
export type WritePath = "staged" | "mapped";

/** A message that was acknowledged. */
export interface Acknowledged {
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Index in the queue. */
  readonly offset: number;
  /** Position of its record. */
  readonly position: number;
}

const DAY_MS = 86_400_000;
const environment = systemEnvironment(await loadLibc());

/**
 * Writes the sample and closes the store.
 *
 * @param root Directory of the store, new or not.
 * @param writePath How to write.
 * @param first Number of the first message.
 * @param logDirectories Where the segments lie, below the root; in `commitlog` when left out.
 * @returns What was acknowledged.
 */
export async function writeAndClose(
  root: string,
  writePath: WritePath,
  first = 0,
  logDirectories?: readonly string[],
): Promise<Acknowledged[]> {
  await using store = await openStore(root, { writePath, ...SAMPLE_OPTIONS, logDirectories });
  return await appendSample(store, first);
}

/**
 * Writes in a process of its own until that is killed, some time after it has written its first
 * store checkpoint.
 *
 * @param root Directory of the store, new.
 * @param writePath How to write.
 * @param count Acknowledgements to wait for after the store checkpoint.
 * @returns What was acknowledged, to the last line.
 */
export async function writeAndDie(
  root: string,
  writePath: WritePath,
  count: number,
): Promise<Acknowledged[]> {
  const lines: string[] = [];
  let enough = Infinity;
  await using child = spawnScript("harness/interop/appending_child.ts", [root, writePath]);
  for await (const line of child) {
    lines.push(line);
    if (enough === Infinity && existsSync(join(root, "checkpoint"))) enough = lines.length + count;
    if (lines.length === enough) child.kill("SIGKILL");
  }
  const { signal, stderr } = await child.wait();
  assert.equal(signal, "SIGKILL", stderr);
  return lines.map((line) => JSON.parse(line));
}

/**
 * Writes messages whose times lie half a minute apart, over several segments and index files, and
 * closes the store.
 *
 * @param root Directory of the store, new.
 */
export async function writeOverHalfAMinute(root: string): Promise<void> {
  let now = environment.clock.now() - DAY_MS;
  const clock = { ...environment.clock, now: () => now };
  await using store = await openStoreIn({ ...environment, clock }, root, SAMPLE_OPTIONS);
  // The newest index file is nearly full then, and begins in the last segment but one.
  for (let first = 0; first < 590; first += 10) {
    const messages = Array.from({ length: 10 }, (_, index) => sampleMessage(first + index));
    await store.appendAll(messages, { durability: "committed" });
    now += 500;
  }
}

/**
 * Leaves a directory as a broker does that was stopped: nothing of ours is in it, and its store
 * checkpoint speaks of the last message, though the newest index file was never flushed.
 *
 * @param root Directory of the store, closed.
 */
export function leaveAsBroker(root: string): void {
  rmSync(join(root, "streambed"), { recursive: true });
  const path = join(root, "checkpoint");
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const checkpoint = decodeStoreCheckpoint(view);
  const last = environment.clock.now() - DAY_MS + 29_000;
  encodeStoreCheckpoint(view, {
    ...checkpoint,
    physicMsgTimestamp: last,
    logicsMsgTimestamp: last,
    logicsPhysicalOffset: 230_000,
  });
  writeFileSync(path, bytes);
}

/**
 * Lets Java read a copy, and Streambed the directory itself: both must find the same, and it must
 * be what the records say.
 *
 * @param version The RocketMQ release.
 * @param root Directory of the store.
 * @param logDirectories Where the segments lie, below the root; in `commitlog` when left out.
 * @param queries What else Java is asked for, as `topic#key`.
 * @returns What is in it, and why answers of Java are not the right ones, other than for reading
 * one queue file at a time and for indexing a record again after a crash.
 */
export async function assertAgreement(
  version: RocketmqVersion,
  root: string,
  logDirectories?: readonly string[],
  queries: readonly string[] = [],
): Promise<{ readonly expected: ExpectedStore; readonly deviations: ReadonlySet<Deviation> }> {
  await using directory = await temporaryDirectory();
  await cp(root, directory.path, { recursive: true });
  const found = { clean: !existsSync(join(root, "abort")), index: indexFiles(root) };
  const java = await javaRead(version, directory.path, {
    geometry: SAMPLE_GEOMETRY,
    probe: true,
    halt: true,
    words: [
      ...logDirectories === undefined ? [] : ["--log-dirs", logDirectories.join(",")],
      ...queries.flatMap((query) => ["--query", query]),
    ],
  });
  assert.deepEqual(java.other, []);
  const expected = expectedOf(version, java, found);
  await using reader = await openStore(root, { readOnly: true, logDirectories });
  await assertAnswers(reader, expected);
  const all = [...expected.queues, ...expected.reads, ...expected.finds, ...expected.times];
  const deviations = new Set(
    all.map(({ deviation }) => deviation).filter((one) => one !== undefined),
  );
  deviations.delete("one-queue-file");
  deviations.delete("indexed-again");
  return { expected, deviations };
}

/**
 * Asserts that everything that was acknowledged is in the store.
 *
 * @param expected What is there.
 * @param acknowledged What was acknowledged.
 */
export function assertKept(expected: ExpectedStore, acknowledged: readonly Acknowledged[]): void {
  const messages = new Map(expected.messages.map((message) => [message.position, message]));
  assert.ok(acknowledged.length > 0);
  for (const { topic, queueId, offset, position } of acknowledged) {
    const found = messages.get(position);
    assert.deepEqual(
      [found?.topic, found?.queueId, found?.offset],
      [topic, queueId, offset],
      `position ${position}`,
    );
  }
}

/**
 * Asserts that a verification has nothing to say.
 *
 * @param root Directory of the store.
 */
export async function assertSound(root: string): Promise<void> {
  const report = await verifyStore(environment, root);
  assert.deepEqual(report.findings, []);
  assert.equal(report.verdict, "sound");
}

/** The headers of a store's index files. */
function indexFiles(root: string): VerifiedIndex[] {
  return readdirSync(join(root, "index")).sort().map((name) => {
    const bytes = readFileSync(join(root, "index", name));
    const header = decodeIndexHeader(new DataView(bytes.buffer, bytes.byteOffset), 0);
    return {
      name,
      beginTs: header.beginTimestamp,
      endTs: header.endTimestamp,
      beginPhy: header.beginPosition,
      endPhy: header.endPosition,
      slotCount: header.usedSlotCount,
      indexCount: header.nextEntry,
    };
  });
}

/** The machinery of the golden stores, for a store that is none. */
function expectedOf(
  rocketmq: RocketmqVersion,
  java: JavaAnswers,
  found: { readonly clean: boolean; readonly index: readonly VerifiedIndex[] },
): ExpectedStore {
  const manifest: Pick<Manifest, "name" | "rocketmq" | "options" | "readerOptions" | "java"> = {
    name: `ours read by ${rocketmq}`,
    rocketmq,
    options: "",
    readerOptions: "",
    java,
  };
  const { clean, index } = found;
  const verify = { messages: 0, allOk: true, logicalEnd: null, cq: {}, bcq: {}, index };
  return expectedMessages({
    ...manifest,
    note: "",
    clean,
    checkpoint: [],
    files: [],
    acks: [],
    filesAfterJava: [],
    verify,
  });
}
