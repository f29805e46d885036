/**
 * A real broker stores messages of our atomic batches again, with all their properties: sent back
 * and delivered again, sent back until they are dead, forwarded at once, delayed, in a transaction.
 * All of it is shown, nothing is cut, and both sides go on.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../ffi/mod.ts";
import { openStore, type Store, type StoredMessage, systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import type { RocketmqVersion } from "../../harness/support/golden_manifest.ts";
import { skipUnless } from "../support/skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { javaHarness, runHarness } from "../../harness/interop/java_harness.ts";
import { LONG_TEST_RELEASES } from "./releases.ts";

const TOPIC = "Grouped";
/** Lengths that the harness's broker is told. */
const GEOMETRY = {
  geometry: {
    segmentByteLength: 1024 * 1024,
    queueEntryCount: 100,
    indexSlotCount: 100,
    indexEntryCount: 2000,
  },
};
const environment = systemEnvironment(await loadLibc());

/** Appends a group, the last records of the log. */
async function appendGroup(store: Store, first: number, count: number): Promise<void> {
  const members = Array.from({ length: count }, (_, index) => {
    return { topic: TOPIC, body: `m${first + index}`, keys: `k${first + index}`, tags: "G" };
  });
  await store.appendAll(members, { atomic: true });
}

/**
 * A broker writes down there from time to time which transactions are over, also after the harness
 * has counted.
 */
const OVER_TOPIC = "RMQ_SYS_TRANS_OP_HALF_TOPIC";

/** What a broker's queues hold: the offset after the last message of each. */
type QueueEnds = ReadonlyMap<string, number>;

interface QueueLine {
  readonly topic: string;
  readonly queueId: number;
  readonly max: number;
}

/** Has a broker store the messages again. */
async function copyAll(
  version: RocketmqVersion,
  root: string,
  plan: { readonly count: number; readonly round: number; readonly halt: boolean },
): Promise<QueueEnds> {
  const lines = await runHarness(version, "copies", root, [
    ...["--topic", TOPIC, "--n", `${plan.count}`, "--round", `${plan.round}`],
    ...["--set", "messageDelayLevel=1s 1s 1s 1s 1s"],
    ...(plan.halt ? ["--halt"] : []),
  ]);
  const queues = lines.filter(({ type }) => type === "queue") as unknown as QueueLine[];
  return new Map(queues.map(({ topic, queueId, max }) => [`${topic}/${queueId}`, max]));
}

async function allMessages(store: Store): Promise<Map<string, StoredMessage[]>> {
  const all = new Map<string, StoredMessage[]>();
  for (const { topic, queues } of store.topics()) {
    for (const { queueId } of queues) {
      const messages = await Array.fromAsync(store.queue(topic, queueId).read());
      if (messages.length > 0) all.set(`${topic}/${queueId}`, messages);
    }
  }
  return all;
}

/**
 * Everything that the broker counts is shown, and each kind of copy of each member is there. What a
 * broker that died had delivered of late a writer delivers once more: the broker had not told yet.
 */
async function assertShown(
  store: Store,
  ends: QueueEnds,
  { count, round, isRepeated }: {
    readonly count: number;
    readonly round: number;
    readonly isRepeated: boolean;
  },
): Promise<void> {
  const found = await allMessages(store);
  const all = isRepeated ? firstOf(found, ends) : found;
  const counted = [...ends].filter(([queue, end]) => end > 0 && !queue.startsWith(OVER_TOPIC));
  const shown = [...all].filter(([queue]) => !queue.startsWith(OVER_TOPIC))
    .map(([queue, messages]) => [queue, messages.length]);
  assert.deepEqual(shown.sort(), counted.sort());
  const bodies = Array.from({ length: count }, (_, index) => `m${index}`);
  const topics = ["Forwarded", "Delayed", "Transacted", "%RETRY%again", "%RETRY%dead", "%DLQ%dead"];
  for (const topic of [TOPIC, ...topics.map((name) => `${name}${round}`)]) {
    const messages = [...all].flatMap(([queue, inQueue]) =>
      queue.startsWith(`${topic}/`) ? inQueue : []
    );
    assert.deepEqual(messages.map((message) => message.text()).sort(), bodies, topic);
    // That is what tells the copies apart from messages like any other.
    assert.ok(messages.every(({ properties }) => properties.has("__SB_GROUP")), topic);
  }
}

/** The messages that the broker counts. */
function firstOf(
  found: ReadonlyMap<string, StoredMessage[]>,
  ends: QueueEnds,
): Map<string, StoredMessage[]> {
  const counted = [...found].map(([queue, messages]) => {
    return [queue, messages.slice(0, ends.get(queue) ?? 0)] as const;
  });
  return new Map(counted.filter(([, messages]) => messages.length > 0));
}

async function assertSound(root: string): Promise<void> {
  const report = await verifyStore(environment, root);
  assert.equal(report.damageCount, 0, JSON.stringify(report.findings));
  assert.deepEqual(report.unfinishedBatches, []);
}

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);

  test(
    `What ${version} stores again of atomic batches is shown and kept, and both go on`,
    { ...skipUnless(java.available, java.reason) },
    async () => {
      await using directory = await temporaryDirectory();
      const root = join(directory.path, "store");
      {
        await using store = await openStore(root, GEOMETRY);
        await appendGroup(store, 0, 3);
      }
      let count = 3;
      for (const round of [0, 1]) {
        // Each release is closed once and dies once.
        const halt = (version === "5.3.3") === (round === 0);
        const ends = await copyAll(version, root, { count, round, halt });
        for (const readOnly of [true, false]) {
          await using store = await openStore(root, { readOnly });
          await assertShown(store, ends, { count, round, isRepeated: halt && !readOnly });
          if (!readOnly) await appendGroup(store, count, 2);
        }
        await assertSound(root);
        count += 2;
      }
      await using store = await openStore(root);
      const messages = await Array.fromAsync(store.queue(TOPIC).read());
      assert.deepEqual(messages.map((message) => message.text()), [
        ..."m0 m1 m2 m3 m4 m5 m6".split(" "),
      ]);
    },
  );
}
