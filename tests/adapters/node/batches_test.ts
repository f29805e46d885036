/**
 * What `node:stream/iter` takes, on both write paths: with that module where it exists, and without
 * it.
 *
 * Tests: `pending.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sinkWriter, sourceBatches, sourceBytes } from "../../../adapters/node/mod.ts";
import type { StoredMessage } from "../../../mod.ts";
import { CountedAbortController } from "../../support/counted_signal.ts";
import { HeldStore } from "../../support/held_store.ts";
import { interceptStore } from "../../support/intercepted_store.ts";
import { skipUnless } from "../../support/skip.ts";
import {
  readTexts,
  STORE_HARNESSES,
  type StoreHarness,
  temporaryStore,
} from "../../support/test_store.ts";
import { innerPortOf } from "../../../storage/mod.ts";

/** The part of `node:stream/iter` that is used here. */
interface StreamIter {
  pipeTo(source: unknown, ...rest: unknown[]): Promise<number>;
  text(source: unknown): Promise<string>;
}

const GROUP = { group: "billing", follow: false } as const;
const ITER = await streamIter();
const WITH_ITER = skipUnless(
  ITER !== undefined,
  "node:stream/iter is not there: it needs Node 26 with --experimental-stream-iter",
);

for (const harness of STORE_HARNESSES) {
  testWriter(harness);
  testWriterEnd(harness);
  testWriterFailure(harness);
  testRefusal(harness);
  testFailures(harness);
  testIter(harness);
}

async function streamIter(): Promise<StreamIter | undefined> {
  // Of a variable, or a type checker that does not know the module refuses it.
  const name = "node:stream/iter";
  try {
    return await import(name);
  } catch (error) {
    assert.match((error as { code?: string }).code ?? "", /^ERR_/);
    return undefined;
  }
}

function testWriter(harness: StoreHarness): void {
  test(`sinkWriter() writes batches, and ends on the disk (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { flushIntervalMs: 60_000 } });
    const { store } = temporary;
    const writer = sinkWriter(store, "orders", { tags: "t" });
    assert.equal(writer.canWrite, true);
    await writer.write("a");
    await writer.writev([new TextEncoder().encode("bb"), { body: "ä", tags: "own" }]);
    assert.deepEqual(writer.flushed, { count: 0, endPosition: 0 });
    assert.equal(await writer.end(), 5);
    assert.equal(await writer.end(), 5);

    assert.equal(writer.canWrite, null);
    assert.deepEqual(writer.flushed, { count: 3, endPosition: store.info.flushedPosition });
    const messages = await store.queue("orders").readBatch();
    assert.deepEqual(messages.map((one) => [one.text(), one.tags]), [
      ["a", "t"],
      ["bb", "t"],
      ["ä", "own"],
    ]);
    await assert.rejects(writer.write("late"), {
      code: "CLOSED",
      message: /has ended; make another one$/,
    });
  });

  for (const durability of ["committed", "flushed"] as const) {
    test(`sinkWriter() resolves a batch when it is ${durability} (${harness.label})`, async () => {
      await using temporary = await temporaryStore(harness);
      const held = new HeldStore(temporary.store, [durability]);
      const writer = sinkWriter(held.store, "orders", { durability });
      const written = writer.writev(["a", "b"]).then(() => "written");

      assert.equal(await Promise.race([written, held.asked.then(() => "waits")]), "waits");
      assert.equal((await held.asked).durability, durability);
      held.release();
      assert.equal(await written, "written");
    });
  }
}

function testWriterEnd(harness: StoreHarness): void {
  test(`sinkWriter() ends behind the writes that were called before (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { flushIntervalMs: 60_000 } });
    const { store } = temporary;
    const writer = sinkWriter(store, "orders");
    await writer.write("a");
    const writes = [writer.write("bb"), writer.writev(["ccc", "ä"])];
    assert.equal(await writer.end(), 1 + 2 + 3 + 2);
    assert.deepEqual(writer.flushed, { count: 4, endPosition: store.info.flushedPosition });
    assert.equal(store.queue("orders").flushedEndOffset, 4);
    await Promise.all(writes);

    let last: Promise<void>;
    {
      await using scoped = sinkWriter(store, "orders");
      last = scoped.write("d");
    }
    assert.equal(store.queue("orders").flushedEndOffset, 5);
    await last;
  });

  test(`sinkWriter() ends with the failure of a write under way (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    for (const isDisposed of [false, true]) {
      const held = new HeldStore(temporary.store);
      const writer = sinkWriter(held.store, "orders");
      const broken = new Error("broken");
      const isBroken = (error: unknown): boolean => error === broken;
      const writes = ["a", "b"].map((body) => assert.rejects(writer.write(body), isBroken));
      const ended = isDisposed ? writer[Symbol.asyncDispose]() : writer.end();
      const refused = assert.rejects(ended, isBroken);
      await held.asked;
      held.fail(broken);
      await Promise.all([...writes, refused]);
      assert.equal(writer.canWrite, null);
    }
  });

  test(`sinkWriter() leaves no rejection of a promise that was given for a queue (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const queueId = (): number => Promise.reject(new Error("unseen")) as unknown as number;
    const writer = sinkWriter(temporary.store, "orders", { queueId });
    // An unhandled rejection would fail the test's file.
    await assert.rejects(writer.write("a"), TypeError);
    await innerPortOf(temporary.store).timers.pause();
  });
}

function testWriterFailure(harness: StoreHarness): void {
  test(`sinkWriter() that failed waits at its disposal for what is under way (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    const writer = sinkWriter(held.store, "orders");
    const events: string[] = [];
    const written = writer.write("a").then(() => events.push("written"));
    writer.fail(new Error("enough"));
    const disposed = writer[Symbol.asyncDispose]().then(() => events.push("disposed"));
    await held.asked;
    held.release();
    await Promise.all([written, disposed]);
    assert.deepEqual(events, ["written", "disposed"]);
  });

  test(`sinkWriter() that failed says so at its end before what is under way has settled (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    const writer = sinkWriter(held.store, "orders");
    const written = writer.write("a");
    let isWritten = false;
    void written.then(() => isWritten = true);
    await held.asked;
    writer.fail(new Error("enough"));
    await assert.rejects(writer.end(), /enough/);
    assert.equal(isWritten, false);
    held.release();
    await written;
  });

  test(`sinkWriter() that failed refuses everything with its reason (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    {
      await using writer = sinkWriter(store, "orders");
      await writer.write("a");
      writer.fail(new Error("enough"));
      await assert.rejects(writer.write("b"), { message: "enough" });
      await assert.rejects(writer.end(), { message: "enough" });
      assert.equal(writer.canWrite, null);
    }
    const wrong = sinkWriter(store, "orders");
    await assert.rejects(wrong.writev(["c", 7 as unknown as string, "d"]), TypeError);
    await assert.rejects(wrong.write("e"), TypeError);
    const bare = sinkWriter(store, "orders");
    bare.fail();
    await assert.rejects(bare.write("f"), { message: /^Cannot write to sink of topic orders/ });
    assert.deepEqual(await readTexts(store, "orders"), ["a", "c"]);
  });

  test(`sinkWriter() writes nothing once its signal was aborted (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    await using writer = sinkWriter(temporary.store, "orders");
    const signal = AbortSignal.abort("enough");
    for (const refused of [writer.write("a", { signal }), writer.end({ signal })]) {
      await assert.rejects(refused, (reason) => reason === "enough");
    }
    await writer.write("b");
    assert.deepEqual(await readTexts(temporary.store, "orders"), ["b"]);
  });
}

function testRefusal(harness: StoreHarness): void {
  test(`sinkWriter() writes what comes before a message that is refused (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const writer = sinkWriter(store, "orders");
    const tooLarge = "x".repeat(store.info.geometry.maxBodyByteLength + 1);
    const refused = { code: "MESSAGE_TOO_LARGE" };
    await assert.rejects(writer.writev(["one", "two", tooLarge, "three"]), refused);
    assert.deepEqual(await readTexts(store, "orders"), ["one", "two"]);
    await assert.rejects(writer.end(), refused);
  });
}

function testFailures(harness: StoreHarness): void {
  test(`sourceBatches() that fails gives its group back (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const real = temporary.store;
    await real.appendAll([{ topic: "orders", body: "a" }]);
    const store = interceptStore(real, {
      queue(topic, queueId) {
        const readBatch = (): Promise<never> => Promise.reject(new Error("damaged"));
        return Object.defineProperty(real.queue(topic, queueId), "readBatch", { value: readBatch });
      },
    });
    await assert.rejects(sourceBatches(store, "orders", GROUP).toArray(), { message: "damaged" });
    innerPortOf(real).claim({ group: "billing", topic: "orders", queueId: 0 }).release();
  });

  test(`sourceBatches() fails with the reason of its signal (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const controller = new CountedAbortController();
    const { signal } = controller;
    const batches = sourceBatches(store, "orders", { follow: true, signal })
      [Symbol.asyncIterator]();
    const next = batches.next();
    const enough = new Error("enough");
    controller.abort(enough);

    await assert.rejects(next, (reason) => reason === enough);
    assert.deepEqual(await batches.next(), { done: true, value: undefined });
    assert.equal(controller.listenerCount, 0);
    assert.throws(() => sourceBatches(store, "orders", { signal }), (reason) => reason === enough);
  });
}

/** What `node:stream/iter` takes: batches of bytes. */
async function* bodiesOf(
  batches: AsyncIterable<readonly StoredMessage[]>,
): AsyncGenerator<Uint8Array[]> {
  for await (const batch of batches) yield batch.map(({ body }) => body);
}

function testIter(harness: StoreHarness): void {
  test(
    `sourceBytes(), sourceBatches() and sinkWriter() are for node:stream/iter (${harness.label})`,
    WITH_ITER,
    async () => {
      await using temporary = await temporaryStore(harness);
      const { store } = temporary;
      const { pipeTo, text } = ITER!;
      const bodies = Array.from({ length: 600 }, (_, index) => `${index};`);
      await store.appendAll(bodies.map((body) => ({ topic: "orders", body })));
      const bytes = sourceBytes(store, "orders", { delimiter: "" });
      assert.equal(await text(bytes), bodies.join(""));

      const writer = sinkWriter(store, "copies");
      const byteLength = await pipeTo(bodiesOf(sourceBatches(store, "orders", GROUP)), writer);
      assert.equal(byteLength, bodies.join("").length);
      assert.deepEqual(await readTexts(store, "copies"), bodies);
      assert.equal(writer.flushed.count, 600);
      assert.equal(store.groups()[0].offset, 600);
    },
  );

  test(`sinkWriter() fails with the source of pipeTo() (${harness.label})`, WITH_ITER, async () => {
    await using temporary = await temporaryStore(harness);
    async function* failing(): AsyncGenerator<Uint8Array[]> {
      yield [new TextEncoder().encode("a")];
      await Promise.resolve();
      throw new Error("no more");
    }
    const writer = sinkWriter(temporary.store, "orders");
    await assert.rejects(ITER!.pipeTo(failing(), writer), { message: "no more" });
    await assert.rejects(writer.write("late"), { message: "no more" });
    assert.deepEqual(await readTexts(temporary.store, "orders"), ["a"]);
  });
}
