/**
 * Schemas of the libraries that people have, a codec of another package, and what the compiler
 * makes of them: a line that must not compile is marked, and fails where it does.
 *
 * Tests: `standard_schema.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StandardSchemaV1 } from "npm:@standard-schema/spec@1.1.0";
import { type as arktype } from "npm:arktype@2.2.10";
import { decode, encode } from "npm:cborg@6.1.5";
import { Schema as effect } from "npm:effect@4.1.0";
import * as v from "npm:valibot@1.5.0";
import * as z from "npm:zod@4.6.7";
import {
  bytesCodec,
  type Codec,
  jsonCodec,
  type SchemaInput,
  type SchemaOutput,
  type StandardSchema,
  type Store,
  textCodec,
  type Topic,
  topic,
  type TypedBatchSource,
  type TypedMessage,
} from "../../../mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const [HARNESS] = STORE_HARNESSES;

/** `true` if two types are the same, and not only go into each other. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Takes `true` alone: for the compiler. */
function proven<_Is extends true>(): void {}

/** Values go in as `{ id, at }`, `at` a text, and come out with its length. */
interface Input {
  id: string;
  at: string;
}

interface Output {
  id: string;
  at: number;
}

const Zod = z.object({ id: z.string(), at: z.string().transform((text) => text.length) });
const Valibot = v.object({
  id: v.string(),
  at: v.pipe(v.string(), v.transform((text) => text.length)),
});
const Arktype = arktype({ id: "string", at: arktype("string").pipe((text) => text.length) });
const Effect = effect.toStandardSchemaV1(effect.Struct({ id: effect.String, at: effect.String }));

proven<Same<SchemaInput<typeof Zod>, Input>>();
proven<Same<SchemaOutput<typeof Zod>, Output>>();
proven<Same<SchemaInput<typeof Valibot>, Input>>();
proven<Same<SchemaOutput<typeof Valibot>, Output>>();
proven<Same<SchemaInput<typeof Arktype>, Input>>();
proven<Same<SchemaOutput<typeof Arktype>, Output>>();
proven<Same<SchemaInput<typeof Effect>, Readonly<Input>>>();

// The specification's own type goes into ours, and ours into it.
proven<StandardSchemaV1<Input, Output> extends StandardSchema<Input, Output> ? true : false>();
proven<StandardSchema<Input, Output> extends StandardSchemaV1<Input, Output> ? true : false>();
proven<Same<SchemaInput<StandardSchemaV1<Input, Output>>, Input>>();
proven<Same<StandardSchemaV1.InferOutput<StandardSchema<Input, Output>>, Output>>();
proven<StandardSchema<Input> extends StandardSchemaV1<Output> ? false : true>();

/** Topics by the library of their schema. */
function topics(store: Store): Readonly<Record<string, Topic<Input, Output>>> {
  return {
    zod: topic(store, "zod", { schema: Zod }),
    valibot: topic(store, "valibot", { schema: Valibot }),
    arktype: topic(store, "arktype", { schema: Arktype }),
  };
}

for (const library of ["zod", "valibot", "arktype"]) {
  test(`topic() takes a schema of ${library}, with its types`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const one = topics(temporary.store)[library];
    await one.append({ id: "4", at: "noon" });
    // @ts-expect-error: `at` is a text
    await assert.rejects(one.append({ id: "4", at: 5 }), {
      code: "INVALID_VALUE",
      reason: "schema",
      message: /Cannot append value to topic "\w+": the schema refuses it, at: /,
    });
    // @ts-expect-error: `id` is missing
    await assert.rejects(one.appendAll([{ at: "noon" }]), { code: "INVALID_VALUE", index: 0 });

    const [read] = await Array.fromAsync(one.read());
    const at: number = read.at;
    assert.deepEqual([read, at], [{ id: "4", at: 4 }, 4]);
    assert.equal(temporary.store.queue(library).endOffset, 1);
  });
}

test("topic() takes a schema of effect, with its types", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const one = topic(temporary.store, "effect", { schema: Effect });
  await one.append({ id: "4", at: "noon" });
  // @ts-expect-error: `at` is a text
  await assert.rejects(one.append({ id: "4", at: 5 }), { code: "INVALID_VALUE" });
  assert.deepEqual(await Array.fromAsync(one.read()), [{ id: "4", at: "noon" }]);
});

test("topic() has a schema whose answer takes its time, and is known by the specification's type", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const schema: StandardSchemaV1<string, number> = z.string()
    .refine((text) => Promise.resolve(text !== "ham"))
    .transform((text) => text.length);
  const lengths = topic(temporary.store, "lengths", { schema, codec: textCodec });
  await assert.rejects(lengths.append("ham"), { code: "INVALID_VALUE" });
  await lengths.append("eggs");
  const [length] = await Array.fromAsync(lengths.read());
  assert.equal(length, 4);
});

test("topic() has a codec of another package, made of its two functions", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const cborCodec: Codec<unknown> = { contentType: "application/cbor", encode, decode };
  const things = topic(store, "things", { codec: cborCodec });
  const value = { id: 4, raw: new Uint8Array([1, 2]), none: undefined };
  await things.append(value);
  const [{ value: read, contentType }] = await Array.fromAsync(things.source());
  assert.deepEqual(read, value);
  assert.equal(contentType, "application/cbor");
  await assert.rejects(topic(store, "things").read().next(), { reason: "content-type" });

  await store.append({ topic: "damaged", body: new Uint8Array([0x9f, 0xff, 0xff, 0x1c]) });
  const damaged = topic(store, "damaged", { codec: cborCodec }).read();
  await assert.rejects(damaged.next(), { code: "INVALID_VALUE", reason: "decode" });
});

/** Never called: its lines are for the compiler, which has to refuse those that are marked. */
export function unwritable(store: Store): void {
  const texts = topic(store, "texts", { codec: textCodec });
  proven<Same<typeof texts, Topic<string, string>>>();
  // @ts-expect-error: a text alone
  void texts.append(5);
  // @ts-expect-error: a text alone
  void texts.sink().getWriter().write(new Uint8Array());

  const typed = topic<Input>(store, "typed");
  proven<Same<typeof typed, Topic<Input, Input>>>();
  // @ts-expect-error: `at` is missing
  void typed.message({ id: "4" });

  const anything = topic(store, "anything");
  proven<Same<typeof anything, Topic<unknown, unknown>>>();

  const orders = topic(store, "orders", { schema: Zod, codec: jsonCodec() });
  proven<Same<typeof orders, Topic<Input, Output>>>();
  const batches = orders.sourceBatches();
  proven<Same<typeof batches, TypedBatchSource<Output>>>();
  proven<typeof batches extends ReadableStream<readonly TypedMessage<Output>[]> ? true : false>();
  // @ts-expect-error: what comes out is not what goes in
  void orders.append({ id: "4", at: 4 });
  // @ts-expect-error: `total` is not known
  void orders.append({ id: "4", at: "", total: 1 });
  // @ts-expect-error: no such field
  void orders.append({ id: "4", at: "" }, { key: "k" });
  // @ts-expect-error: the schema takes no texts
  topic(store, "orders", { schema: Zod, codec: textCodec });
  // @ts-expect-error: nor bytes
  topic(store, "orders", { schema: Zod, codec: bytesCodec });
  // @ts-expect-error: no such fate
  topic(store, "orders", { schema: Zod, invalid: "drop" });
}
