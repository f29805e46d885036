/**
 * Typed topics written to by a stream.
 *
 * Tests: `web/streams/sink_end.ts`, `web/streams/web_sink.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { topic } from "../../../mod.ts";
import { readTexts, STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";
import { judge, ORDER, order, type OrderInput, schemaOf } from "./order_schema.ts";

const SLOW = schemaOf((value) => Promise.resolve(judge(value)));

for (const harness of STORE_HARNESSES) {
  for (const [when, schema] of [["at once", ORDER], ["later", SLOW]] as const) {
    const label = `${harness.label}, ${when}`;

    test(`Topic.sink() appends values in order, with its options (${label})`, async () => {
      await using temporary = await temporaryStore(harness);
      const { store } = temporary;
      const orders = topic(store, "orders", { schema, schemaVersion: "3" });
      const options = {
        tags: "t",
        keys: "k",
        properties: { n: "v" },
        queueId: ({ total }: OrderInput) => total % 2,
      };
      const sink = orders.sink(options);
      const values = [1, 2, 3, 4].map((total) => order(`${total}`, total));
      await ReadableStream.from(values).pipeTo(sink);

      assert.equal(sink.flushed.count, 4);
      const messages = await Array.fromAsync(orders.source());
      assert.deepEqual(messages.map(({ value }) => value.id), ["1", "2", "3", "4"]);
      assert.deepEqual(messages.map(({ queueId }) => queueId), [1, 0, 1, 0]);
      for (const { tags, keys, properties, contentType, schemaVersion } of messages) {
        assert.deepEqual([tags, keys, properties.get("n")], ["t", ["k"], "v"]);
        assert.deepEqual([contentType, schemaVersion], ["application/json", "3"]);
      }
    });

    test(`Topic.sink() refuses a value that does not fit, and keeps those before (${label})`, async () => {
      await using temporary = await temporaryStore(harness);
      const { store } = temporary;
      const values = [order("1"), {} as OrderInput, order("3")];
      const sink = topic(store, "orders", { schema }).sink();
      await assert.rejects(ReadableStream.from(values).pipeTo(sink), { code: "INVALID_VALUE" });
      await sink[Symbol.asyncDispose]();
      await store.flush();
      assert.deepEqual(await readTexts(store, "orders"), [JSON.stringify(order("1"))]);
    });

    test(`Topic.sink() closes what is written before its scope is left (${label})`, async () => {
      await using temporary = await temporaryStore(harness);
      const orders = topic(temporary.store, "orders", { schema });
      {
        await using sink = orders.sink();
        const writer = sink.getWriter();
        void writer.write(order("1"));
        void writer.write(order("2"));
        writer.releaseLock();
      }
      const ids = (await Array.fromAsync(orders.read())).map(({ id }) => id);
      assert.deepEqual(ids, ["1", "2"]);
    });
  }
}

test("Topic.sink() takes a list for a value, and not for a batch", async () => {
  await using temporary = await temporaryStore(STORE_HARNESSES[0]);
  const lists = topic<readonly number[]>(temporary.store, "lists");
  await ReadableStream.from([[1, 2], []]).pipeTo(lists.sink());
  assert.deepEqual(await Array.fromAsync(lists.read()), [[1, 2], []]);
});

test("Topic.sink() that its signal has ended writes nothing that was not yet known to fit", async () => {
  await using temporary = await temporaryStore(STORE_HARNESSES[0]);
  const { store } = temporary;
  const answer = Promise.withResolvers<ReturnType<typeof judge>>();
  const controller = new AbortController();
  const enough = new Error("enough");
  const sink = topic(store, "orders", { schema: schemaOf(() => answer.promise) })
    .sink({ signal: controller.signal });
  const writer = sink.getWriter();
  writer.closed.catch(() => undefined);
  const write = writer.write(order("1"));
  // A stream writes nothing before it has started.
  await new Promise((resolve) => setTimeout(resolve, 0));
  controller.abort(enough);
  answer.resolve(judge(order("1")));
  await assert.rejects(write);
  await store.flush();
  assert.equal(store.info.writtenPosition, 0);
});

test("Topic.sink() drops the promise of a function that is to choose the queue", async () => {
  await using temporary = await temporaryStore(STORE_HARNESSES[0]);
  const queueId = () => Promise.reject(new Error("never seen")) as never;
  const sink = topic(temporary.store, "orders").sink({ queueId });
  const writing = ReadableStream.from([1]).pipeTo(sink);
  await assert.rejects(writing, { code: "ERR_INVALID_ARG_TYPE" });
});
