/**
 * What is handed in is the store's from the call on: who uses a buffer again, gives it away, or
 * shares it with another thread changes nothing that was appended, and breaks nothing.
 *
 * Where a record could not be encoded in the call, the caller's buffer was read when a segment was
 * there, and its checksum had been taken before: an acknowledged record with a wrong checksum, and
 * nobody could open the store any more.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { loadLibc } from "../../../ffi/mod.ts";
import type { Message, OpenStoreOptions, Store } from "../../../storage/mod.ts";
import { innerPortOf, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import {
  openAgain,
  readTexts,
  STORE_HARNESSES,
  type StoreHarness,
} from "../../support/test_store.ts";

const TOPIC = "bytes";
const BODY_BYTE_LENGTH = 8000;
/** One segment holds five of the bodies, so that every few messages the log rolls. */
const SMALL: OpenStoreOptions = { geometry: { segmentByteLength: 48 * 1024 } };

/** A thread that writes to a body without end, until it is told. */
const SCRIBBLER =
  `import("node:worker_threads").then(({ parentPort, workerData: { body, isOver } }) => {
  parentPort.postMessage("ready");
  for (let value = 0; Atomics.load(isOver, 0) === 0; value++) body.fill(value);
});`;

/** What a caller does with a buffer as soon as the call has returned. */
const DEEDS: readonly [string, (bytes: Uint8Array<ArrayBuffer>) => void][] = [
  ["uses it again", (bytes) => void bytes.fill(0x21)],
  ["transfers it", (bytes) => void structuredClone(bytes.buffer, { transfer: [bytes.buffer] })],
];

function text(index: number, byteLength = BODY_BYTE_LENGTH): string {
  return `${index} `.padEnd(byteLength, `${index % 10}`);
}

function bytesOf(index: number, byteLength = BODY_BYTE_LENGTH): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text(index, byteLength));
}

function texts(count: number): string[] {
  return Array.from({ length: count }, (_, index) => text(index));
}

/**
 * Runs work on a new store, closes it, and looks whether every checksum is right and the store
 * opens again.
 */
async function withStore(
  harness: StoreHarness,
  expected: readonly string[],
  work: (store: Store) => Promise<void>,
): Promise<void> {
  await using directory = await temporaryDirectory();
  const store = await harness.open(directory.path, SMALL);
  try {
    await work(store);
    assert.deepEqual(await readTexts(store, TOPIC), expected);
  } finally {
    await store.close();
  }
  const report = await verifyStore(systemEnvironment(await loadLibc()), directory.path);
  assert.deepEqual(report.findings.filter(({ severity }) => severity !== "note"), []);
  await openAgain(harness, directory.path, async (again) => {
    assert.deepEqual(await readTexts(again, TOPIC), expected);
  });
}

for (const harness of STORE_HARNESSES) {
  const { label } = harness;

  for (const [deed, spoil] of DEEDS) {
    test(`Store.append() has the bytes when the caller ${deed}, in the first call and while segments are changed (${label})`, async () => {
      await withStore(harness, texts(12), async (store) => {
        const appended = Array.from({ length: 12 }, (_, index) => {
          const body = bytesOf(index);
          const result = store.append({ topic: TOPIC, body });
          spoil(body);
          return result;
        });
        const results = await Promise.all(appended);
        assert.deepEqual(results.map(({ offset }) => offset), texts(12).map((_, index) => index));
      });
    });

    test(`StorePort.accept() has the bytes when the caller ${deed} (${label})`, async () => {
      await withStore(harness, texts(12), async (store) => {
        await Promise.all(Array.from({ length: 12 }, (_, index) => {
          const body = bytesOf(index);
          const accepted = innerPortOf(store).accept({ topic: TOPIC, body });
          spoil(body);
          return accepted;
        }));
        await store.flush();
      });
    });

    test(`Store.appendAll() has the bytes when the caller ${deed} (${label})`, async () => {
      await withStore(harness, texts(12), async (store) => {
        const bodies = Array.from({ length: 12 }, (_, index) => bytesOf(index));
        const appended = store.appendAll(bodies.map((body) => ({ topic: TOPIC, body })));
        bodies.forEach(spoil);
        assert.equal((await appended).count, 12);
      });
    });

    test(`Store.appendAll() has the bytes of groups when the caller ${deed} (${label})`, async () => {
      await withStore(harness, texts(12), async (store) => {
        await Promise.all([0, 4, 8].map((first) => {
          const bodies = Array.from({ length: 4 }, (_, index) => bytesOf(first + index));
          const messages = bodies.map((body) => ({ topic: TOPIC, body }));
          const appended = store.appendAll(messages, { atomic: true });
          bodies.forEach(spoil);
          return appended;
        }));
      });
    });
  }

  for (const atomic of [false, true]) {
    const what = atomic ? "a group" : "messages";
    test(`Store.appendAll() takes ${what} from an iterator that uses one buffer again (${label})`, async () => {
      function* yielded(from: number): Generator<Message> {
        const body = new Uint8Array(BODY_BYTE_LENGTH);
        const message = { topic: TOPIC, body, keys: [""], properties: new Map<string, string>() };
        for (let index = from; index < from + 4; index++) {
          body.set(bytesOf(index));
          message.keys[0] = `k${index}`;
          message.properties.set("number", `${index}`);
          yield message;
        }
        body.fill(0);
        message.keys[0] = "no";
        message.properties.set("number", "none");
      }
      await withStore(harness, texts(8), async (store) => {
        await Promise.all([0, 4].map((from) => store.appendAll(yielded(from), { atomic })));
        for (let index = 0; index < 8; index++) {
          const [message] = await store.queue(TOPIC).readBatch({ from: index, limit: 1 });
          assert.deepEqual(message.keys, [`k${index}`]);
          assert.equal(message.properties.get("number"), `${index}`);
        }
      });
    });
  }

  test(`Store.append() has keys, tags and properties when the caller changes the message (${label})`, async () => {
    await withStore(harness, ["one"], async (store) => {
      const message = {
        topic: TOPIC,
        body: "one",
        tags: "t",
        keys: ["k"],
        properties: new Map([["p", "1"]]),
      };
      const appended = store.append(message);
      Object.assign(message, { topic: "other", body: "two", tags: "u" });
      message.keys[0] = "l";
      message.properties.set("p", "2");
      const { offset } = await appended;
      const [stored] = await store.queue(TOPIC).readBatch({ from: offset, limit: 1 });
      assert.deepEqual([stored.tags, stored.keys, stored.properties.get("p")], ["t", ["k"], "1"]);
    });
  });

  test(`Store.append() copies bytes of a Buffer and of a view of a larger buffer that wait (${label})`, async () => {
    await withStore(harness, ["buffer", "view", text(3)], async (store) => {
      const buffer = Buffer.from("buffer");
      const whole = new TextEncoder().encode("a view of more");
      const large = Buffer.from(text(3));
      const appended = [buffer, whole.subarray(2, 6), large].map((body) =>
        store.append({ topic: TOPIC, body })
      );
      for (const bytes of [buffer, whole, large]) bytes.fill(0x21);
      await Promise.all(appended);
    });
  });

  test(`Store.append() copies shared memory, whatever its length becomes (${label})`, async () => {
    await withStore(harness, ["shared", "grows", "grows"], async (store) => {
      const fixed = new Uint8Array(new SharedArrayBuffer(6));
      fixed.set(new TextEncoder().encode("shared"));
      const growable = new SharedArrayBuffer(5, { maxByteLength: 4096 });
      const tracking = new Uint8Array(growable);
      tracking.set(new TextEncoder().encode("grows"));
      const appended = [
        store.append({ topic: TOPIC, body: fixed }),
        store.append({ topic: TOPIC, body: tracking }),
        store.appendAll([{ topic: TOPIC, body: tracking }]),
      ];
      fixed.fill(0x21);
      growable.grow(4096);
      tracking.fill(0x21);
      await Promise.all(appended);
    });
  });

  test(`Store.append() keeps checksums right while another thread writes to the body (${label})`, async () => {
    await withStore(harness, [], async (store) => {
      const body = new Uint8Array(new SharedArrayBuffer(BODY_BYTE_LENGTH));
      const isOver = new Int32Array(new SharedArrayBuffer(4));
      const writer = new Worker(SCRIBBLER, { eval: true, workerData: { body, isOver } });
      const ended = once(writer, "exit");
      await once(writer, "message");
      for (let round = 0; round < 20; round++) {
        const messages = Array.from({ length: 10 }, () => ({ topic: "scribbled", body }));
        await Promise.all(messages.map((message) => store.append(message)));
      }
      Atomics.store(isOver, 0, 1);
      await ended;
      assert.equal(store.queue("scribbled").endOffset, 200);
    });
  });

  test(`Store.append() measures a view of a resizable buffer once (${label})`, async () => {
    await withStore(harness, ["larger", "smaller"], async (store) => {
      const buffers = [
        new ArrayBuffer(6, { maxByteLength: 64 }),
        new ArrayBuffer(7, { maxByteLength: 64 }),
      ];
      const appended = buffers.map((buffer, index) => {
        const body = new Uint8Array(buffer);
        body.set(new TextEncoder().encode(["larger", "smaller"][index]));
        return store.append({ topic: TOPIC, body });
      });
      buffers[0].resize(64);
      buffers[1].resize(0);
      await Promise.all(appended);
    });
  });

  test(`Store.appendAll() computes a checksum over what it writes, whatever getters do (${label})`, async () => {
    await withStore(harness, ["bb", "two"], async (store) => {
      const body = new TextEncoder().encode("aa");
      const second = {
        topic: TOPIC,
        get body() {
          body.fill(0x62);
          return "two";
        },
      };
      await store.append({ topic: "other", body: "a segment is there" });
      await store.appendAll([{ topic: TOPIC, body }, second]);
    });
  });

  test(`Store.appendAll() refuses all if a getter cuts the body of another message (${label})`, async () => {
    for (const atomic of [false, true]) {
      await withStore(harness, ["after"], async (store) => {
        const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
        const evil = {
          topic: TOPIC,
          get body() {
            buffer.resize(4);
            return "evil";
          },
        };
        const messages = [{ topic: TOPIC, body: new Uint8Array(buffer) }, evil];
        await assert.rejects(store.appendAll(messages, { atomic }), {
          name: "TypeError",
          message:
            "Cannot store message: the length of its body changed while the messages were read",
        });
        await store.append({ topic: TOPIC, body: "after" });
      });
    }
  });

  test(`Store.append() stores what it has checked, whatever a getter says the second time (${label})`, async () => {
    await withStore(harness, ["right"], async (store) => {
      const twice = <T>(first: T, later: T) => {
        let count = 0;
        return () => count++ === 0 ? first : later;
      };
      const members = {
        topic: twice(TOPIC, "../elsewhere"),
        body: twice<string | number>("right", 5),
        tags: twice("t", "t\x02__SB_GROUP\x010/3"),
        keys: twice("k", "k\x02__SB_GROUP\x010/3"),
        queueId: twice(0, -1),
      };
      const message = {};
      for (const [name, get] of Object.entries(members)) {
        Object.defineProperty(message, name, { get });
      }
      const { offset } = await store.append(message as Message);
      const [stored] = await store.queue(TOPIC).readBatch({ from: offset, limit: 1 });
      assert.deepEqual([stored.topic, stored.tags, stored.keys], [TOPIC, "t", ["k"]]);
    });
  });

  test(`Store.append() refuses bytes that are gone, and an empty body is none of them (${label})`, async () => {
    await withStore(harness, ["", "still alive"], async (store) => {
      const given = new Uint8Array(8);
      structuredClone(given.buffer, { transfer: [given.buffer] });
      const cut = new ArrayBuffer(8, { maxByteLength: 8 });
      const outside = new Uint8Array(cut, 4, 4);
      cut.resize(2);
      const gone = {
        name: "TypeError",
        message: /^Cannot store message: the buffer of body is detached/,
      };
      for (const body of [given, outside]) {
        const message = { topic: TOPIC, body };
        await assert.rejects(store.append(message), gone);
        await assert.rejects(store.appendAll([message]), gone);
        await assert.rejects(store.appendAll([message, message], { atomic: true }), gone);
        await assert.rejects(store.appendAll(new Set([message])), gone);
        await assert.rejects(innerPortOf(store).accept(message), gone);
      }
      await store.append({ topic: TOPIC, body: new Uint8Array(0) });
      await store.append({ topic: TOPIC, body: "still alive" });
    });
  });

  test(`Store.append() refuses a lone surrogate in a body, as in keys and tags (${label})`, async () => {
    await withStore(harness, ["\ufeff\u{1f600} is well-formed"], async (store) => {
      const refused = {
        name: "TypeError",
        message: /^Cannot store message: body is not well-formed Unicode/,
      };
      for (const body of ["\ud83d", "a\udc00", `${"a".repeat(100)}\ud800`]) {
        await assert.rejects(store.append({ topic: TOPIC, body }), refused);
        await assert.rejects(store.appendAll([{ topic: TOPIC, body }]), refused);
        await assert.rejects(innerPortOf(store).accept({ topic: TOPIC, body }), refused);
      }
      await store.append({ topic: TOPIC, body: "\ufeff\u{1f600} is well-formed" });
    });
  });
}
