/**
 * Whose bytes a sink's chunks are: from the moment the sink has them. What a caller changes earlier
 * may change that message, never the truth of its checksum, a neighbour, or the store.
 *
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { sink as nodeSink, sinkWriter } from "../../adapters/node/mod.ts";
import { loadLibc } from "../../ffi/mod.ts";
import { sink, type Store } from "../../mod.ts";
import { systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import {
  openAgain,
  readTexts,
  STORE_HARNESSES,
  type StoreHarness,
  temporaryStore,
} from "../support/test_store.ts";

const TOPIC = "sink";
const COUNT = 12;
/** A segment holds four of them, so that writes have to wait for the next one. */
const BODY_BYTE_LENGTH = 10_000;
const OPTIONS = { geometry: { segmentByteLength: 48 * 1024, maxBodyByteLength: 16 * 1024 } };

function letter(index: number): string {
  return String.fromCharCode(0x61 + index);
}

function bodyOf(index: number): string {
  return letter(index).repeat(BODY_BYTE_LENGTH);
}

function bytesOf(index: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(bodyOf(index));
}

function transfer(bytes: Uint8Array<ArrayBuffer>): void {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
}

/** Runs work on a new store and looks whether every checksum is right and the store opens again. */
async function withStore(
  harness: StoreHarness,
  work: (store: Store) => Promise<void>,
): Promise<string[]> {
  await using temporary = await temporaryStore(harness, OPTIONS);
  await work(temporary.store);
  await temporary.store.flush();
  const texts = await readTexts(temporary.store, TOPIC);
  await temporary.store.close();
  const report = await verifyStore(systemEnvironment(await loadLibc()), temporary.path);
  assert.deepEqual(report.findings.filter(({ severity }) => severity !== "note"), []);
  await openAgain(harness, temporary.path, async (again) => {
    same(await readTexts(again, TOPIC), texts);
  });
  return texts;
}

/** What differs is said in a few letters. */
function same(texts: readonly string[], expected: readonly string[]): void {
  const short = (text: string) => `${text.slice(0, 5)}, ${text.length}, ${new Set(text).size}`;
  assert.deepEqual(texts.map(short), expected.map(short));
}

/**
 * Bodies of one letter each, which may have been changed as a whole, between others that nobody
 * touched.
 */
function checkNeighbours(texts: readonly string[]): void {
  assert.equal(texts.length, COUNT);
  for (const [index, text] of texts.entries()) {
    if (index % 2 === 1) assert.equal(text[0], letter(index), `message ${index} is a neighbour`);
    assert.ok(text === text[0].repeat(BODY_BYTE_LENGTH), `message ${index} is whole`);
  }
}

for (const harness of STORE_HARNESSES) {
  const { label } = harness;

  test(`sink() keeps checksums and neighbours right when a buffer is used again before its write has settled (${label})`, async () => {
    const texts = await withStore(harness, async (store) => {
      const writer = sink(store, TOPIC).getWriter();
      const again = new Uint8Array(BODY_BYTE_LENGTH);
      const writes = Array.from({ length: COUNT }, (_, index) => {
        if (index % 2 === 1) return writer.write(bytesOf(index));
        return writer.write(again.fill(letter(index).charCodeAt(0)));
      });
      again.fill(0x21);
      await Promise.all(writes);
      await writer.close();
    });
    checkNeighbours(texts);
  });

  test(`sink() has the bytes of a write that has settled (${label})`, async () => {
    const texts = await withStore(harness, async (store) => {
      const writer = sink(store, TOPIC).getWriter();
      const again = new Uint8Array(BODY_BYTE_LENGTH);
      for (let index = 0; index < COUNT; index++) {
        await writer.write(again.fill(letter(index).charCodeAt(0)));
        again.fill(0x21);
      }
      await writer.close();
    });
    same(texts, Array.from({ length: COUNT }, (_, index) => bodyOf(index)));
  });

  test(`sink() has the bytes from the moment the stream hands them over (${label})`, async () => {
    const texts = await withStore(harness, async (store) => {
      const writer = sink(store, TOPIC).getWriter();
      // A stream that is not busy hands over in the call; a new one is busy until it has started.
      await writer.write("start");
      for (let index = 0; index < COUNT; index++) {
        const bytes = bytesOf(index);
        const written = writer.write(bytes);
        if (index % 2 === 0) bytes.fill(0x21);
        else transfer(bytes);
        await written;
      }
      await writer.close();
    });
    same(texts, ["start", ...Array.from({ length: COUNT }, (_, index) => bodyOf(index))]);
  });

  test(`sink() refuses a chunk that was transferred before the sink had it, and keeps the others (${label})`, async () => {
    const texts = await withStore(harness, async (store) => {
      const writer = sink(store, TOPIC).getWriter();
      const given = bytesOf(1);
      const writes = [writer.write(bytesOf(0)), writer.write(given), writer.write(bytesOf(2))];
      transfer(given);
      const [first, second, third] = await Promise.allSettled(writes);
      const closed = writer.closed.catch((error: Error) => error);
      assert.equal(first.status, "fulfilled");
      assert.equal(second.status, "rejected");
      assert.equal(third.status, "rejected");
      assert.match(
        String(await closed),
        /^TypeError: Cannot store message: the buffer of body is detached/,
      );
    });
    same(texts, [bodyOf(0)]);
  });

  test(`sink() of node:stream keeps checksums and neighbours right when a buffer is used again (${label})`, async () => {
    const texts = await withStore(harness, async (store) => {
      const stream = nodeSink(store, TOPIC);
      const again = new Uint8Array(BODY_BYTE_LENGTH);
      for (let index = 0; index < COUNT; index++) {
        stream.write(index % 2 === 1 ? bytesOf(index) : again.fill(letter(index).charCodeAt(0)));
      }
      again.fill(0x21);
      stream.end();
      await once(stream, "finish");
    });
    checkNeighbours(texts);
  });

  for (
    const [what, wrong, error] of [
      ["that is none", 5, { name: "TypeError" }],
      ["that the store refuses", { body: "", tags: "" }, { name: "TypeError" }],
      ["that is too long", "x".repeat(17_000), { code: "MESSAGE_TOO_LARGE" }],
      ["whose properties are too long", { body: "", properties: { p: "x".repeat(33_000) } }, {
        code: "MESSAGE_TOO_LARGE",
      }],
    ] as const
  ) {
    test(`SinkWriter.writev() has the chunks before one ${what} as they were in the call (${label})`, async () => {
      const texts = await withStore(harness, async (store) => {
        const writer = sinkWriter(store, TOPIC);
        const chunks = ["a", "b", "c"].map((body) => new TextEncoder().encode(body));
        const written = writer.writev([...chunks, wrong as unknown as string, "behind"]);
        for (const bytes of chunks) bytes.fill(0x21);
        await assert.rejects(written, error);
      });
      same(texts, ["a", "b", "c"]);
    });
  }

  test(`SinkWriter.writev() has the bytes from the call on, and counts them (${label})`, async () => {
    const texts = await withStore(harness, async (store) => {
      const writer = sinkWriter(store, TOPIC);
      const bodies = Array.from({ length: COUNT }, (_, index) => bytesOf(index));
      const written = [writer.writev(bodies.slice(0, 6)), writer.writev(bodies.slice(6))];
      bodies.forEach(transfer);
      await Promise.all(written);
      assert.equal(await writer.end(), COUNT * BODY_BYTE_LENGTH);
    });
    same(texts, Array.from({ length: COUNT }, (_, index) => bodyOf(index)));
  });
}
