/**
 * The codecs: what they store, what they refuse, and what a codec must not give.
 *
 * Tests: `codec.ts`, `values.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesCodec, type Codec, jsonCodec, StoreError, textCodec, topic } from "../../../mod.ts";
import { readTexts, STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const [HARNESS] = STORE_HARNESSES;

/** Asserts that a codec refuses values to be appended, with the reason `"encode"`. */
async function assertRefused<T>(codec: Codec<T>, values: readonly unknown[]): Promise<void> {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const one = topic(store, "values", { codec });
  for (const value of values) {
    await assert.rejects(one.append(value as T), (error) => {
      assert.ok(StoreError.is(error, "INVALID_VALUE"), String(error));
      assert.equal(error.reason, "encode");
      assert.ok(error.cause instanceof Error);
      return true;
    });
  }
  assert.equal(store.info.writtenPosition, 0);
}

/** Asserts that a codec refuses bodies that are stored, with the reason `"decode"`. */
async function assertUnread<T>(
  codec: Codec<T>,
  bodies: readonly (Uint8Array | string)[],
): Promise<void> {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  for (const body of bodies) await store.append({ topic: "values", body });
  for (const [offset] of bodies.entries()) {
    const read = topic(store, "values", { codec }).read({ from: offset });
    await assert.rejects(read.next(), { code: "INVALID_VALUE", reason: "decode", offset });
  }
}

test("jsonCodec() refuses what has no JSON, and what is none", async () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const values = [undefined, () => 1, Symbol("s"), 5n, { n: 5n }, cycle];
  await assertRefused(jsonCodec(), values);
  await assertUnread(jsonCodec(), ["", "{", "ham", new Uint8Array([0x22, 0xff, 0x22])]);
});

test("textCodec refuses what UTF-8 cannot hold, and what is none", async () => {
  await assertRefused(textCodec, [undefined, 5, new String("a"), "a\ud800b"]);
  await assertUnread(textCodec, [new Uint8Array([0xff]), new Uint8Array([0xc3])]);
});

test("bytesCodec refuses what is no Uint8Array", async () => {
  const values = [undefined, "text", new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), [1]];
  await assertRefused(bytesCodec, values);
});

test("jsonCodec(), textCodec and bytesCodec give back what they were given", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const values = [null, 1.5, "\ud800 alone", "\ufeff", [], { a: [{ b: true }] }];
  const json = topic(store, "json", { codec: jsonCodec() });
  await json.appendAll(values);
  assert.deepEqual(await Array.fromAsync(json.read()), values);

  const texts = ["", "\ufeffa", "a\u0000\u0001\u0002", "\ufffd", "\u{1f600}"];
  const text = topic(store, "text", { codec: textCodec });
  await text.appendAll(texts);
  assert.deepEqual(await Array.fromAsync(text.read()), texts);

  const bodies = [new Uint8Array(), new Uint8Array([0, 255, 128])];
  const bytes = topic(store, "bytes", { codec: bytesCodec });
  await bytes.appendAll(bodies);
  assert.deepEqual(await Array.fromAsync(bytes.read()), bodies);
});

test("jsonCodec() reads JSON behind a U+FEFF, as json() of a message does", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.append({ topic: "json", body: "\ufeff[1]" });
  assert.deepEqual(await Array.fromAsync(topic(store, "json").read()), [[1]]);
});

test("topic() takes any two functions for a codec, and fails where they give what they must not", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const dates: Codec<Date> = {
    contentType: "text/x-date",
    encode: (date) => date.toISOString(),
    decode: (bytes) => new Date(new TextDecoder().decode(bytes)),
  };
  const days = topic(store, "days", { codec: dates });
  await days.append(new Date(0));
  assert.deepEqual(await readTexts(store, "days"), ["1970-01-01T00:00:00.000Z"]);
  assert.deepEqual(await Array.fromAsync(days.read()), [new Date(0)]);

  const wrong = { code: "ERR_INVALID_ARG_TYPE" };
  for (const given of [undefined, 5, Promise.reject(new Error("never seen"))]) {
    const codec = { ...dates, encode: () => given as never };
    await assert.rejects(topic(store, "days", { codec }).append(new Date(0)), wrong);
  }
  const codec = { ...dates, decode: () => Promise.reject(new Error("never seen")) as never };
  await assert.rejects(topic(store, "days", { codec, invalid: "skip" }).read().next(), wrong);
  assert.equal(store.queue("days").endOffset, 1);
});
