/**
 * The order of appends to a typed topic whose schema takes its time, and what they store.
 *
 * Tests: `call_order.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CallOrder } from "../../../adapters/topic/call_order.ts";
import { type AppendResult, bytesCodec, type StandardSchema, topic } from "../../../mod.ts";
import { interceptStore } from "../../support/intercepted_store.ts";
import { readTexts, STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const [HARNESS] = STORE_HARNESSES;

type Answer = { readonly value: string } | { readonly issues: readonly { message: string }[] };

/** Texts; those that begin with `slow` fit when the test says so. */
class HeldSchema implements StandardSchema<string> {
  readonly #held: Map<string, PromiseWithResolvers<Answer>> = new Map();
  readonly "~standard": StandardSchema<string>["~standard"] = {
    version: 1,
    vendor: "streambed",
    validate: (value) => this.#validate(value as string),
  };

  /** Lets a slow value fit, or refuses it. */
  answer(value: string, isRight = true): void {
    this.#held.get(value)!.resolve(isRight ? { value } : { issues: [{ message: "wrong" }] });
  }

  #validate(value: string): Answer | Promise<Answer> {
    if (!value.startsWith("slow")) return { value };
    const held = Promise.withResolvers<Answer>();
    this.#held.set(value, held);
    return held.promise;
  }
}

test("Topic.append() keeps the order of calls where the schema takes its time", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const schema = new HeldSchema();
  const letters = topic(store, "letters", { schema });
  const calls = [
    letters.append("slow a"),
    letters.append("b"),
    letters.appendAll(["slow c", "d"]),
    letters.append("e"),
    letters.appendAll(["x", "y"]),
    letters.append("slow f"),
  ];
  schema.answer("slow f");
  schema.answer("slow c");
  schema.answer("slow a");
  await Promise.all(calls);
  await letters.append("g");

  const all = ['"slow a"', '"b"', '"slow c"', '"d"', '"e"', '"x"', '"y"', '"slow f"', '"g"'];
  assert.deepEqual(await readTexts(store, "letters"), all);
});

test("Topic.append() that is refused late holds up no other, and lets none past before it", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const schema = new HeldSchema();
  const letters = topic(store, "letters", { schema });
  const first = letters.append("slow a");
  const wrong = assert.rejects(letters.append("slow b"), { code: "INVALID_VALUE" });
  const last = letters.append("c");
  schema.answer("slow b", false);
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(store.info.writtenPosition, 0);
  schema.answer("slow a");
  await Promise.all([first, wrong, last]);

  assert.deepEqual(await readTexts(store, "letters"), ['"slow a"', '"c"']);
});

test("Topic.append() goes on to the store when the one before is handed over, not when it is done", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const handedOver: unknown[] = [];
  const held = Promise.withResolvers<AppendResult>();
  const holding = interceptStore(store, {
    append(message) {
      handedOver.push(message.body);
      return handedOver.length === 1 ? held.promise : store.append(message);
    },
  });
  const schema = new HeldSchema();
  const letters = topic(holding, "letters", { schema });
  const first = letters.append("slow a");
  const second = letters.append("b");
  schema.answer("slow a");
  held.resolve(await second);
  await first;
  assert.deepEqual(handedOver, ['"slow a"', '"b"']);
});

test("Topic.append() whose signal ends the wait writes nothing and gives its turn away", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const schema = new HeldSchema();
  const letters = topic(store, "letters", { schema });
  const controller = new AbortController();
  const { signal } = controller;
  const enough = new Error("enough");
  const never = letters.append("slow a", { signal });
  const behind = letters.append("b", { signal });
  const last = letters.append("c");
  controller.abort(enough);
  await assert.rejects(never, (error) => error === enough);
  await assert.rejects(behind, (error) => error === enough);
  await last;

  assert.deepEqual(await readTexts(store, "letters"), ['"c"']);
});

test("Topic.append() stores the bytes of its call, also where the schema takes its time", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const answers: PromiseWithResolvers<{ value: Uint8Array }>[] = [];
  const validate = () => {
    answers.push(Promise.withResolvers());
    return answers.at(-1)!.promise;
  };
  const schema: StandardSchema<Uint8Array> = {
    "~standard": { version: 1, vendor: "streambed", validate },
  };
  const letters = topic(store, "letters", { schema, codec: bytesCodec });
  const bytes = new TextEncoder().encode("call");
  const calls = [letters.append(bytes), letters.appendAll([bytes]), letters.message(bytes)];
  bytes.fill(0);
  for (const { resolve } of answers) resolve({ value: bytes });
  const [, , message] = await Promise.all(calls);

  assert.deepEqual(await readTexts(store, "letters"), ["call", "call"]);
  await store.append(message as never);
  assert.deepEqual(await readTexts(store, "letters"), ["call", "call", "call"]);
});

test("Topic.append() stores the bytes of its call where there is no schema", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const letters = topic(temporary.store, "letters", { codec: bytesCodec });
  const bytes = new TextEncoder().encode("call");
  const calls = [letters.append(bytes), letters.appendAll([bytes])];
  bytes.fill(0);
  await Promise.all(calls);
  assert.deepEqual(await readTexts(temporary.store, "letters"), ["call", "call"]);
});

test("CallOrder is free again once all calls have acted or failed", async () => {
  const order = new CallOrder();
  assert.equal(order.isFree, true);
  const ready = Promise.withResolvers<void>();
  const [one, other] = [ready.promise, undefined].map((promise) =>
    order.run(promise, () => Promise.resolve())
  );
  assert.equal(order.isFree, false);
  ready.reject(new Error("refused"));
  await assert.rejects(one, /refused/);
  await other;
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(order.isFree, true);
});
