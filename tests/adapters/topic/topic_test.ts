/**
 * A typed topic: what goes in and comes out, and what is refused.
 *
 * Tests: `topic.ts`, `values.ts`, `topic_message.ts`, `typed_message.ts`, `value_errors.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError, topic, type TypedMessage } from "../../../mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";
import { judge, ORDER, type Order, order, schemaOf } from "./order_schema.ts";

const [HARNESS] = STORE_HARNESSES;

test("Topic.append() stores what came in, and Topic.read() gives what the schema makes of it", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const orders = topic(store, "orders", { schema: ORDER });
  const { offset } = await orders.append(order("4"));
  assert.equal(offset, 0);

  const [stored] = await store.queue("orders").readBatch();
  assert.deepEqual(stored.json(), order("4"));
  const [read] = await Array.fromAsync(orders.read());
  assert.deepEqual(read, { ...order("4"), at: new Date("2026-11-29") });
});

test("Topic.append() refuses a value that does not fit before a byte is written", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const orders = topic(store, "orders", { schema: ORDER });
  // @ts-expect-error: the compiler knows it, too
  const wrong = orders.append({ id: 4, total: "12", at: "" });
  await assert.rejects(wrong, (error) => {
    assert.ok(StoreError.is(error, "INVALID_VALUE"));
    assert.equal(error.reason, "schema");
    assert.deepEqual(error.issues, [
      { message: "id must be a text", path: ["id"] },
      { message: "total must be a number", path: ["total"] },
    ]);
    assert.equal(
      error.message,
      'Cannot append value to topic "orders": the schema refuses it, id: "id must be a text", ' +
        'total: "total must be a number"; nothing was written; mend the value, or change what ' +
        "the topic takes",
    );
    assert.equal(error.retryable, false);
    return true;
  });
  assert.equal(store.info.writtenPosition, 0);
});

test("Topic.appendAll() writes none if one does not fit, and tells which", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  for (const validate of [judge, (value: unknown) => Promise.resolve(judge(value))]) {
    const orders = topic(store, "orders", { schema: schemaOf(validate) });
    const values = [order("1"), order("2"), { id: "3" } as never, order("4")];
    await assert.rejects(orders.appendAll(values), { code: "INVALID_VALUE", index: 2 });
    await assert.rejects(orders.appendAll(values, { atomic: true }), /Cannot append value 2 of /);
  }
  assert.equal(store.info.writtenPosition, 0);
});

test("Topic.appendAll() writes all in order, with the same fields", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const orders = topic(store, "orders", { schema: ORDER });
  const values = new Set([order("1"), order("2"), order("3")]);
  const fields = { tags: "t", keys: ["k"], properties: new Map([["n", "v"]]), queueId: 2 };
  const { count } = await orders.appendAll(values, { ...fields, atomic: true });

  assert.equal(count, 3);
  const messages = await Array.fromAsync(orders.source());
  assert.deepEqual(messages.map(({ value }) => value.id), ["1", "2", "3"]);
  for (const { tags, keys, properties, queueId } of messages) {
    assert.deepEqual([tags, keys, properties.get("n"), queueId], ["t", ["k"], "v", 2]);
  }
});

test("Topic.append() keeps a value back until its time", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const orders = topic(temporary.store, "orders", { schema: ORDER });
  const placed = await orders.append(order("1"), { deliverAt: new Date(Date.now() + 60_000) });
  assert.equal(placed.topic, "rmq_sys_wheel_timer");
  const past = await orders.append(order("2"), { deliverAt: 0 });
  assert.equal(past.topic, "orders");
  await assert.rejects(orders.append(order("3"), { deliverAt: -1 }), RangeError);
});

test("Topic.message() gives a message for outputs, with its fields", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const orders = topic(store, "orders", { schema: ORDER });
  const messages = await Promise.all(
    ["1", "2"].map((id) => orders.message(order(id), { keys: `order-${id}`, flag: 7 })),
  );
  await store.appendAll(messages, { atomic: true });
  await assert.rejects(orders.message({} as never), { code: "INVALID_VALUE" });

  const [found] = await Array.fromAsync(orders.find("order-2"));
  assert.deepEqual([found.value.id, found.flag, found.offset], ["2", 7, 1]);
});

test("TypedMessage shows all of the message beside its value", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const orders = topic(store, "orders", { schema: ORDER, schemaVersion: "2" });
  await orders.append(order("4"), { tags: "paid", keys: "order-4", bornTimestamp: 5 });
  const [stored] = await store.queue("orders").readBatch();
  const typed = await orders.decode(stored) as TypedMessage<Order>;

  for (const name of namesOf(stored)) {
    const [one, other] = [typed, stored].map((message) => message[name]);
    if (typeof other !== "function") assert.deepEqual(one, other, name);
  }
  assert.deepEqual([typed.text(), typed.json()], [stored.text(), stored.json()]);
  assert.deepEqual([typed.contentType, typed.schemaVersion], ["application/json", "2"]);
  await store.append(typed);
  const [, copy] = await Array.fromAsync(orders.source());
  assert.deepEqual([copy.value, copy.keys, copy.schemaVersion], [typed.value, ["order-4"], "2"]);
});

/** Names of all that a stored message has. */
function namesOf<Message extends object>(message: Message): (keyof Message)[] {
  const own = Object.keys(message);
  const inherited = Object.getOwnPropertyNames(Object.getPrototypeOf(message));
  return [...own, ...inherited.filter((name) => name !== "constructor")] as (keyof Message)[];
}

test("Topic.append() writes its own content type over one that is handed in", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const orders = topic(store, "orders", { schema: ORDER });
  await orders.append(order("4"), { properties: { SB_CONTENT_TYPE: "text/plain", n: "v" } });
  const [{ contentType, schemaVersion, properties }] = await Array.fromAsync(orders.source());
  assert.deepEqual([contentType, schemaVersion, properties.get("n")], [
    "application/json",
    undefined,
    "v",
  ]);
});

test("topic() reads what no typed topic has written, if it fits", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.append({ topic: "orders", body: JSON.stringify(order("1")), keys: "k" });
  const orders = topic(store, "orders", { schema: ORDER });
  const [found] = await Array.fromAsync(orders.find("k"));
  assert.deepEqual([found.value.id, found.contentType], ["1", undefined]);
});

test("topic() throws what the schema throws, which says nothing about the value", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.append({ topic: "orders", body: "1" });
  const broken = new Error("the database of prices is away");
  for (
    const validate of [() => Promise.reject(broken), () => {
      throw broken;
    }]
  ) {
    const orders = topic(store, "orders", { schema: schemaOf(validate), invalid: "skip" });
    const isBroken = (error: unknown) => error === broken;
    await assert.rejects(orders.append(order("4")), isBroken);
    await assert.rejects(orders.appendAll([order("4"), order("5")]), isBroken);
    await assert.rejects(Array.fromAsync(orders.read()), isBroken);
  }
  assert.equal(store.queue("orders").endOffset, 1);
});

test("INVALID_VALUE shortens and escapes what a schema says, and has all of it", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const issues = [
    { message: "a\u0007b".padEnd(300, "x"), path: ["items", 2, "unit price", Symbol("s")] },
    { message: "two" },
    { message: "three" },
    { message: "four" },
    { message: "five" },
  ];
  const orders = topic(temporary.store, "orders", { schema: schemaOf(() => ({ issues })) });
  await assert.rejects(orders.append(order("1")), (error) => {
    assert.ok(StoreError.is(error, "INVALID_VALUE"));
    assert.match(error.message, /items\[2\]\["unit price"\]\[Symbol\(s\)\]: "a\\u0007bx+\.\.\."/);
    assert.match(error.message, /, "two", "three" and 2 more;/);
    assert.equal(error.issues?.length, 5);
    return true;
  });
});
