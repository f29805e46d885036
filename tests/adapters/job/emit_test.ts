/**
 * What is emitted belongs to the job from the call on, and to its message: a buffer that was used
 * again made a, b, c become c, c, c, and what was emitted too late was written with another
 * message, or dropped without a word.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { job, type Message, type Store } from "../../../mod.ts";
import { interceptStore } from "../../support/intercepted_store.ts";
import { readTexts, STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

type Emit = (message: Message) => void;

const LETTERS = ["a", "b", "c"];
const LATE = {
  code: "CLOSED",
  message:
    /^Cannot emit message: message \d of queue 0 of topic "in" is done; emit before process\(\) returns/,
};

async function appendLetters(store: Store): Promise<void> {
  await store.appendAll(LETTERS.map((body) => ({ topic: "in", body })), { durability: "flushed" });
}

for (const harness of STORE_HARNESSES) {
  test(`job() takes what is emitted when it is emitted (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await appendLetters(store);
    const body = new Uint8Array(1);
    const output = { topic: "out", body, keys: [""], properties: new Map<string, string>() };
    await job({
      name: "reuse",
      source: { store, topic: "in" },
      store,
      follow: false,
      initialState: () => 0,
      process(message, { state: count, emit }) {
        body.set(message.body);
        output.keys[0] = `k${count}`;
        output.properties.set("count", `${count}`);
        emit(output);
        const given = message.body.slice();
        emit({ topic: "given", body: given });
        structuredClone(given.buffer, { transfer: [given.buffer] });
        body.fill(0x21);
        return count + 1;
      },
    });
    assert.deepEqual(await readTexts(store, "out"), LETTERS);
    assert.deepEqual(await readTexts(store, "given"), LETTERS);
    const stored = await store.queue("out").readBatch({ limit: 3 });
    assert.deepEqual(stored.map(({ keys }) => keys), [["k0"], ["k1"], ["k2"]]);
    assert.deepEqual(stored.map(({ properties }) => properties.get("count")), ["0", "1", "2"]);
  });

  test(`job() refuses what is emitted when its message is done, also during a save (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const real = temporary.store;
    await appendLetters(real);
    const emits: Emit[] = [];
    let lateCount = 0;
    const emitLate = () => {
      for (const emit of emits) assert.throws(() => emit({ topic: "out", body: "late" }), LATE);
      lateCount += emits.length;
    };
    const store = interceptStore(real, {
      appendAll(messages, options) {
        emitLate();
        return real.appendAll(messages, options);
      },
    });
    await job({
      name: "late",
      source: { store, topic: "in" },
      store,
      follow: false,
      checkpointEvery: { count: 1 },
      initialState: () => 0,
      async process(message, { state: count, emit }) {
        emitLate();
        emits.push(emit);
        await Promise.resolve();
        emit({ topic: "out", body: message.text() });
        return count + 1;
      },
    });
    emitLate();
    assert.equal(
      lateCount,
      0 + 1 + 1 + 2 + 2 + 3 + 3,
      "In process(), during each save, and at the end",
    );
    assert.deepEqual(await readTexts(store, "out"), LETTERS);
  });

  test(`job() fails with the error of an emit, and writes nothing of it (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await appendLetters(store);
    let kept: Emit | undefined;
    const running = job({
      name: "wrong",
      source: { store, topic: "in" },
      store,
      follow: false,
      initialState: () => 0,
      process(_message, { state: count, emit }) {
        kept = emit;
        emit({ topic: "out", body: "good" });
        const body = new Uint8Array(4);
        structuredClone(body.buffer, { transfer: [body.buffer] });
        emit({ topic: "out", body });
        return count + 1;
      },
    });
    await assert.rejects(running, {
      name: "TypeError",
      message: /^Cannot store message: the buffer of body is detached/,
    });
    assert.throws(() => kept!({ topic: "out", body: "late" }), LATE);
    assert.deepEqual(await readTexts(store, "out"), []);
  });
}
