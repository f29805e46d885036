/**
 * What a job has to keep when it is ended, fails, or must not begin.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import { job, type JobOptions, type Store } from "../../mod.ts";
import { CountedAbortController } from "../support/counted_signal.ts";
import { interceptStore } from "../support/intercepted_store.ts";
import { readTexts, type StoreHarness, temporaryStore } from "../support/test_store.ts";
import { counting, lines, type Seen } from "./job_suite.ts";
import { innerPortOf } from "../../storage/mod.ts";

/** Registers the tests. */
export function testJobEnd(harness: StoreHarness): void {
  testFailure(harness);
  testStop(harness);
  testClosing(harness);
  testRefusal(harness);
}

function testFailure(harness: StoreHarness): void {
  test(`job() that fails begins again at its checkpoint (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(lines(0, 50));
    const checkpointEvery = { count: 7, ms: 600_000 };
    const whole = counting(store, { checkpointEvery });
    for (const last of ["3", "20", "20", "49"]) {
      const failing = counting(store, {
        checkpointEvery,
        process(message, context) {
          if (message.text() === last) throw new Error(`cannot do ${last}`);
          return whole.process(message, context);
        },
      });
      await assert.rejects(job(failing), { message: `cannot do ${last}` });
      const saved = (await readTexts(store, "seen")).length;
      assert.equal(saved, Number(last) - Number(last) % 7);
    }
    const { state } = await job(whole);

    const texts = lines(0, 50).map(({ body }) => body);
    assert.deepEqual(await readTexts(store, "seen"), texts);
    assert.deepEqual([...state.values()].flat().toSorted(), texts.toSorted());
  });

  test(`job() saves what it has done when its signal ends it (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(lines(0, 50));
    const controller = new CountedAbortController();
    const whole = counting(store);
    const options = counting(store, {
      signal: controller.signal,
      follow: true,
      process(message, context) {
        whole.process(message, context);
        if (message.text() === "20") controller.abort("enough");
      },
    });
    await assert.rejects(job(options), (reason) => reason === "enough");
    assert.equal((await readTexts(store, "seen")).length, 21);
    await assert.rejects(job(options), (reason) => reason === "enough");
    assert.equal((await job(whole)).messageCount, 29);
    assert.equal(controller.listenerCount, 0);
  });

  test(`job() fails when its source is closed under it (${harness.label})`, async () => {
    await using log = await temporaryStore(harness);
    await using own = await temporaryStore(harness);
    await log.store.appendAll(lines(0, 3));
    const source = { store: log.store, topic: "lines" };
    const checkpointEvery = { count: 1 };
    const running = job(counting(own.store, { source, follow: true, checkpointEvery }));
    const failed = assert.rejects(running, { code: "CLOSED" });
    while (own.store.queue("seen").endOffset < 3) await innerPortOf(own.store).changed();
    await log.store.close();
    await failed;
    await (await openCheckpoints(own.store, "count"))[Symbol.asyncDispose]();
  });
}

function testStop(harness: StoreHarness): void {
  test(`job() ends on its signal while a message never settles (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(lines(0, 9));
    const controller = new CountedAbortController();
    const stopping = stoppedAt("7", store, controller, () => new Promise(() => {}));
    await assert.rejects(job({ ...stopping, store: hurried(store) }), { message: "stop" });
    assert.equal(controller.listenerCount, 0);
    assert.deepEqual(await readTexts(store, "seen"), ["0", "1", "2", "3"]);

    const { state, messageCount } = await job(counting(store));
    assert.equal(messageCount, 5, "Half a message's state was saved, or the group is still taken");
    assert.deepEqual([...state.values()].flat().toSorted(), [..."012345678"]);
    assert.deepEqual(await readTexts(store, "seen"), [..."012345678"]);
  });

  test(`job() keeps a message that is done in time after the signal (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(lines(0, 9));
    const controller = new CountedAbortController();
    const timers = {
      ...innerPortOf(store).timers,
      after: () => ({ cancel: () => void cancelled++ }),
    };
    let cancelled = 0;
    const stopping = stoppedAt("7", store, controller, () => innerPortOf(store).timers.pause());
    const patient = interceptStore(store, { timers });
    await assert.rejects(job({ ...stopping, store: patient }), { message: "stop" });
    assert.equal(cancelled, 1, "The time of a message that is done still runs");
    assert.deepEqual(await readTexts(store, "seen"), [..."01234567"]);
    assert.equal((await job(counting(store))).messageCount, 1);
  });

  test(`job() passes its signal on, and its reason is what it ends with (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(lines(0, 9));
    const controller = new CountedAbortController();
    const stopping = stoppedAt("7", store, controller, (signal) => {
      assert.equal(signal.reason, controller.signal.reason);
      return Promise.reject(new Error("what was waited for was given up"));
    });
    await assert.rejects(job(stopping), { message: "stop" });
    assert.deepEqual(await readTexts(store, "seen"), ["0", "1", "2", "3"]);
    const signals = new Set<AbortSignal>();
    await job(counting(store, {
      process: (_message, { signal }) => void signals.add(signal),
    }));
    assert.deepEqual([...signals].map(({ aborted }) => aborted), [false]);
  });
}

function testClosing(harness: StoreHarness): void {
  for (const isSource of [false, true]) {
    for (const withSignal of [false, true]) {
      const label = `${isSource ? "source" : "store"}, ${withSignal ? "with" : "no"} signal`;
      test(`job() ends when its store is closed under a message (${label}, ${harness.label})`, async () => {
        await using log = await temporaryStore(harness);
        await using own = await temporaryStore(harness);
        await log.store.appendAll(lines(0, 1));
        const { signal } = new AbortController();
        const told = Promise.withResolvers<unknown>();
        const running = job(counting(own.store, {
          source: { store: log.store, topic: "lines" },
          ...(withSignal ? { signal } : {}),
          process(_message, { signal }) {
            signal.addEventListener("abort", () => told.resolve(signal.reason));
            void (isSource ? log : own).store.close();
            return new Promise(() => {});
          },
        }));
        await assert.rejects(running, { code: "CLOSED" });
        assert.equal((await told.promise as { code: string }).code, "CLOSED");
      });
    }
  }

  test(`job() ends with the failure of its store under a message (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    await temporary.store.appendAll(lines(0, 1));
    const closed = Promise.withResolvers<void>();
    const store = interceptStore(temporary.store, { closed: closed.promise });
    const broken = new Error("broken");
    const process = () => {
      closed.reject(broken);
      return new Promise<void>(() => {});
    };
    await assert.rejects(job(counting(store, { process })), (error) => error === broken);
    assert.equal((await job(counting(temporary.store))).messageCount, 1);
  });

  test(`job() listens to its stores once, however many messages (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    await temporary.store.appendAll(lines(0, 50));
    let count = 0;
    const closed = Promise.withResolvers<void>().promise;
    const then = closed.then.bind(closed);
    closed.then = ((...callbacks: Parameters<typeof then>) => {
      count++;
      return then(...callbacks);
    }) as typeof closed.then;
    const store = interceptStore(temporary.store, { closed });
    const process = () => innerPortOf(store).timers.pause();
    assert.equal((await job(counting(store, { process }))).messageCount, 50);
    assert.equal(count, 1);
  });
}

/** A job that saves every four messages, and whose signal comes in the middle of one. */
function stoppedAt(
  last: string,
  store: Store,
  controller: AbortController,
  wait: (signal: AbortSignal) => Promise<void>,
): JobOptions<Seen> {
  const whole = counting(store);
  return counting(store, {
    signal: controller.signal,
    follow: true,
    checkpointEvery: { count: 4, ms: 600_000 },
    async process(message, context) {
      whole.process(message, context);
      if (message.text() !== last) return;
      controller.abort(new Error("stop"));
      await wait(context.signal);
    },
  });
}

/** The same store, for which all time has passed at once. */
function hurried(store: Store): Store {
  const after = (_ms: number, callback: () => void) => innerPortOf(store).timers.after(0, callback);
  return interceptStore(store, { timers: { ...innerPortOf(store).timers, after } });
}

function testRefusal(harness: StoreHarness): void {
  test(`job() refuses a checkpoint that is ahead of its source (${harness.label})`, async () => {
    await using full = await temporaryStore(harness);
    await using restored = await temporaryStore(harness);
    await using own = await temporaryStore(harness);
    await full.store.appendAll(lines(0, 30));
    await restored.store.appendAll(lines(0, 29));
    await job(counting(own.store, { source: { store: full.store, topic: "lines" } }));
    const source = { store: restored.store, topic: "lines" };

    await assert.rejects(job(counting(own.store, { source })), {
      code: "CHECKPOINT_AHEAD",
      offset: 10,
      message: /which ends at 9;/,
    });
    await restored.store.append(lines(29, 30)[0]);
    assert.equal((await job(counting(own.store, { source }))).messageCount, 0);
  });

  test(`job() does not run twice at once (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(lines(0, 3));
    const controller = new AbortController();
    const first = job(counting(store, { follow: true, signal: controller.signal }));
    await assert.rejects(job(counting(store)), { code: "GROUP_BUSY" });
    const other = await job(counting(store, { name: "other" }));
    assert.equal(other.messageCount, 3);
    controller.abort();
    await assert.rejects(first, { name: "AbortError" });
    const { state } = await job(counting(store));
    assert.deepEqual([...state.values()].flat().toSorted(), ["0", "1", "2"]);
  });

  test(`job() needs a store that it may write to (${harness.label})`, async () => {
    await using log = await temporaryStore(harness);
    await using own = await temporaryStore(harness);
    await log.store.appendAll(lines(0, 3));
    const reader = await harness.open(own.path, { readOnly: true });
    try {
      const source = { store: log.store, topic: "lines" };
      await assert.rejects(job(counting(reader, { source })), { code: "READ_ONLY" });
      await assert.rejects(job(counting(reader)), { code: "READ_ONLY" });
    } finally {
      await reader.close();
    }
  });
}
