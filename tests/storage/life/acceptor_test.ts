/**
 * Messages that a writer takes one by one: their order, their bytes, and when they are committed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Extent, innerPortOf } from "../../../storage/mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const SEGMENT = 64 * 1024;
const BODY_BYTE_LENGTH = 3000;
/** More than fill two segments, all of them in one turn. */
const COUNT = 60;

function bodyOf(number: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(BODY_BYTE_LENGTH + number).fill(number);
}

for (const harness of STORE_HARNESSES) {
  const { label } = harness;

  test(`BodyIntake.accept() keeps bodies that wait for the next segment (${label})`, async () => {
    await using temporary = await temporaryStore(harness, {
      geometry: { segmentByteLength: SEGMENT },
    });
    const { store } = temporary;
    const intake = innerPortOf(store).bodies({ topic: "t", tags: "tag", queueId: 1 });
    const buffer = new Uint8Array(2 * BODY_BYTE_LENGTH);
    const placed: Promise<Extent>[] = [];
    let waitingCount = 0;
    for (let number = 0; number < COUNT; number++) {
      const body = bodyOf(number);
      buffer.set(body);
      const extent = intake.accept(buffer.subarray(0, body.length));
      // The caller uses its memory again, and the intake its own.
      buffer.fill(255);
      if (extent instanceof Promise) waitingCount++;
      placed.push(Promise.resolve(extent instanceof Promise ? extent : { ...extent }));
    }
    assert.ok(waitingCount > COUNT / 3, `${waitingCount} waited`);
    const extents = (await Promise.all(placed))
      .map(({ position, endPosition }) => ({ position, endPosition }));
    await store.flush();

    const messages = await Array.fromAsync(store.queue("t", 1).read());
    assert.deepEqual(messages.map(({ body }) => body), messages.map((_, at) => bodyOf(at)));
    assert.equal(messages.length, COUNT);
    assert.ok(messages.every(({ tags }) => tags === "tag"));
    assert.deepEqual(
      messages.map(({ position, byteLength }) => ({
        position,
        endPosition: position + byteLength,
      })),
      extents,
    );
  });

  test(`BodyIntake.accept() shares the order of a queue with Store.append() (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const intakes = ["a", "b"].map((tags) => innerPortOf(store).bodies({ topic: "t", tags }));
    await intakes[0].accept("one");
    await intakes[1].accept("two");
    await store.append({ topic: "t", body: "three" });
    await intakes[0].accept("four");
    await store.flush();
    const messages = await Array.fromAsync(store.queue("t").read());
    assert.deepEqual(messages.map((message) => message.text()), ["one", "two", "three", "four"]);
    assert.deepEqual(messages.map(({ tags }) => tags), ["a", "b", undefined, "a"]);
  });
}
