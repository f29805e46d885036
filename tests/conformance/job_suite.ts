/**
 * What a job has to keep: every message takes effect exactly once, whatever ends it in between.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import { job, type JobOptions, type Message, type Store, type StoredMessage } from "../../mod.ts";
import { interceptStore } from "../support/intercepted_store.ts";
import { readTexts, type StoreHarness, temporaryStore } from "../support/test_store.ts";
import { testJobEnd } from "./job_end_suite.ts";
import { innerPortOf } from "../../storage/mod.ts";

/** What the job of the tests keeps: the messages it has seen, by queue. */
export type Seen = Map<number, string[]>;

/** Registers the tests of {@linkcode job}. */
export function testJob(harness: StoreHarness): void {
  testRuns(harness);
  testSeeing(harness);
  testSnapshots(harness);
  testMirror(harness);
  testJobEnd(harness);
}

/** Messages for the source, bodies `"0"`, `"1"` and so on, in three queues. */
export function lines(from: number, to: number): Message[] {
  return Array.from({ length: to - from }, (_, index) => ({
    topic: "lines",
    queueId: (from + index) % 3,
    body: `${from + index}`,
  }));
}

/** A job that keeps what it has seen and emits it, and ends when it has read everything. */
export function counting(store: Store, options: Partial<JobOptions<Seen>> = {}): JobOptions<Seen> {
  return {
    name: "count",
    source: { store, topic: "lines" },
    store,
    initialState: () => new Map(),
    process(message, { state: seen, emit }) {
      seen.set(message.queueId, [...seen.get(message.queueId) ?? [], message.text()]);
      emit({ topic: "seen", body: message.text() });
    },
    follow: false,
    ...options,
  };
}

function numbers(from: number, to: number, step = 1): string[] {
  return Array.from(
    { length: Math.ceil((to - from) / step) },
    (_, index) => `${from + index * step}`,
  );
}

function testRuns(harness: StoreHarness): void {
  test(`job() does every message once and goes on where it was (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const counts: number[] = [];
    for (const to of [30, 30, 45]) {
      const { endOffset } = store.queue("lines");
      await store.appendAll(lines(endOffset * 3, to));
      const result = await job(counting(store));
      counts.push(result.messageCount);
      assert.deepEqual(result.state.get(1), numbers(1, to, 3));
    }

    assert.deepEqual(counts, [30, 0, 15]);
    assert.deepEqual(await readTexts(store, "seen"), numbers(0, 45));
  });

  test(`job() reads another store and keeps its own (${harness.label})`, async () => {
    await using log = await temporaryStore(harness);
    await using own = await temporaryStore(harness);
    await log.store.appendAll(lines(0, 9));
    const reader = await harness.open(log.path, { readOnly: true });
    try {
      const source = { store: reader, topic: "lines" };
      const { checkpointId } = await job(counting(own.store, { source, queueIds: [0, 2] }));
      assert.equal(checkpointId, 1);
    } finally {
      await reader.close();
    }
    assert.deepEqual(await readTexts(own.store, "seen"), ["0", "2", "3", "5", "6", "8"]);
    const rows = [0, 2].map((queueId) => {
      const place = { topic: "lines", queueId, offset: 3 };
      return { group: "STREAMBED_JOB_count", ...place, lagCount: 0, claimedBy: undefined };
    });
    // Retention of the log that it reads waits for it.
    assert.deepEqual([log.store.groups(), own.store.groups()], [rows, []]);
  });

  test(`job() takes a state that process returns, and waits for it (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(lines(0, 10));
    const sum = {
      name: "sum",
      source: { store, topic: "lines" },
      from: 1,
      store,
      initialState: () => 0,
      process: async (message: StoredMessage, { state }: { state: number }) => {
        await Promise.resolve();
        return state + Number(message.text());
      },
      follow: false,
    };
    assert.equal((await job(sum)).state, 3 + 4 + 5 + 6 + 7 + 8 + 9);
    assert.equal((await job(sum)).state, 42);
  });
}

function testSeeing(harness: StoreHarness): void {
  test(`job() sees only what is flushed (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { flushIntervalMs: 60_000 } });
    const { store } = temporary;
    await store.appendAll(lines(0, 3), { durability: "flushed" });
    await store.append({ topic: "lines", body: "committed" }, { durability: "committed" });
    const seen: string[] = [];
    const look = { process: (message: StoredMessage) => void seen.push(message.text()) };
    await job(counting(store, look));

    assert.deepEqual(seen, ["0", "1", "2"]);
  });

  test(`job() that follows does what comes later (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const controller = new AbortController();
    const options = { follow: true, signal: controller.signal, checkpointEvery: { count: 1 } };
    const running = job(counting(store, options));
    for (const body of ["a", "b", "c"]) {
      await store.append({ topic: "lines", queueId: body.charCodeAt(0) % 2, body });
      await until(store, () => store.queue("seen").endOffset > body.charCodeAt(0) - 97);
    }
    controller.abort("enough");

    await assert.rejects(running, (reason) => reason === "enough");
    assert.deepEqual(await readTexts(store, "seen"), ["a", "b", "c"]);
  });
}

/** Waits until something is true of a store that somebody else changes. */
async function until(store: Store, condition: () => boolean): Promise<void> {
  while (!condition()) await innerPortOf(store).changed();
}

function testSnapshots(harness: StoreHarness): void {
  test(`job() saves after so many messages (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(lines(0, 100));
    const checkpointEvery = { count: 30, ms: 600_000 };
    const { checkpointId } = await job(counting(store, { checkpointEvery }));

    assert.equal(checkpointId, 4);
    const checkpoints = await openCheckpoints<Seen>(store, "count");
    const second = await (await checkpoints.list())[2].load();
    assert.deepEqual([...second.state.values()].map((one) => one.length), [20, 20, 20]);
    assert.deepEqual(second.offsets, { "lines/0": 20, "lines/1": 20, "lines/2": 20 });
  });

  test(`job() saves before its outputs fill a segment (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(lines(0, 40));
    const { checkpointId } = await job(counting(store, {
      checkpointEvery: { count: 1000, ms: 600_000 },
      process: (_message, { emit }) => emit({ topic: "seen", body: new Uint8Array(60_000) }),
    }));

    assert.ok(checkpointId > 1);
    assert.equal(store.queue("seen").endOffset, 40);
  });

  test(`job() saves in time when nothing more comes (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(lines(0, 3));
    const controller = new AbortController();
    const options = { follow: true, signal: controller.signal };
    const running = job(counting(store, { ...options, checkpointEvery: { count: 1000, ms: 1 } }));
    await until(store, () => store.queue("seen").endOffset === 3);
    controller.abort();
    await assert.rejects(running, { name: "AbortError" });
  });

  test(`job() without anything to do saves nothing (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const result = await job(counting(store));

    assert.deepEqual(result, {
      state: new Map(),
      messageCount: 0,
      skippedCount: 0,
      checkpointId: 0,
    });
    assert.equal(store.queue("STREAMBED_JOB_count").endOffset, 0);
  });
}

function testMirror(harness: StoreHarness): void {
  test(`job() is on the disk as a group before its first checkpoint, so that retention waits for it (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { groupIntervalMs: 60_000 } });
    const { store, path } = temporary;
    await store.appendAll(lines(0, 6));
    const onDisk: boolean[] = [];
    const look = async () => {
      const text = await readFile(join(path, "config/consumerOffset.json"), "utf8").catch(() => "");
      onDisk.push(["0:0", "1:0", "2:0"].every((entry) => text.includes(entry)));
    };
    await job(counting(store, { process: look, checkpointEvery: { count: 1 } }));

    assert.deepEqual(onDisk, [false, true, true, true, true, true]);
  });

  test(`job() shows its progress as a group, never ahead of its checkpoint (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const real = temporary.store;
    await real.appendAll(lines(0, 30));
    const store = interceptStore(real, {
      async appendAll(messages, options) {
        const mirrored = real.groups().reduce((sum, { offset }) => sum + offset, 0);
        assert.equal(mirrored, real.queue("seen").endOffset);
        return await real.appendAll(messages, options);
      },
    });
    await job(counting(store, { checkpointEvery: { count: 10, ms: 600_000 } }));

    const group = "STREAMBED_JOB_count";
    const queues = [0, 1, 2].map((queueId) => [group, queueId, 10]);
    const shown = store.groups().map(({ group, queueId, offset }) => [group, queueId, offset]);
    assert.deepEqual(shown, queues);
  });

  test(`job() believes its checkpoint and not its mirror (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(lines(0, 30));
    await job(counting(store));
    for (const queueId of [0, 1, 2]) {
      await store.moveGroup("STREAMBED_JOB_count", { topic: "lines", queueId, offset: 1 });
    }
    const { messageCount } = await job(counting(store));

    assert.equal(messageCount, 0);
    assert.deepEqual(store.groups().map(({ offset }) => offset), [10, 10, 10]);
  });
}
