/**
 * How a `Readable` is filled: in order, by one at a time, up to its mark, from memory without a
 * promise.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { FedReadable } from "../../../adapters/node/fed_readable.ts";
import type { SourceCore, SourceFeed } from "../../../adapters/core/mod.ts";

/** Numbers, of which some are in memory together and the first of each lot is waited for. */
class NumberFeed implements SourceFeed<number> {
  readonly core = { stop: () => undefined } as SourceCore;
  readonly #lotCount: number;
  readonly #count: number;
  #next = 0;
  #waitingCount = 0;
  /** Most that waited at once. */
  waitingCountMax = 0;

  constructor(lotCount: number, count: number) {
    this.#lotCount = lotCount;
    this.#count = count;
  }

  ready(): number | undefined {
    const isInMemory = this.#next % this.#lotCount !== 0 && this.#next < this.#count;
    return isInMemory ? this.#next++ : undefined;
  }

  async next(): Promise<number | undefined> {
    this.waitingCountMax = Math.max(this.waitingCountMax, ++this.#waitingCount);
    const number = this.#next < this.#count ? this.#next++ : undefined;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#waitingCount--;
    return number;
  }
}

const NUMBERS = Array.from({ length: 100 }, (_, number) => number);
const OBJECTS = { objectMode: true };

/** Takes numbers and calls back later for one in five. */
function collect(seen: number[]): Writable {
  return new Writable({
    ...OBJECTS,
    highWaterMark: 3,
    write(number: number, _encoding, callback) {
      seen.push(number);
      if (number % 5 === 0) setTimeout(callback, 0);
      else callback();
    },
  });
}

for (const lotCount of [1, 2, 7, 16, 40]) {
  test(`FedReadable is filled in order by one at a time, ${lotCount} in memory`, async () => {
    const seen: number[] = [];
    const feed = new NumberFeed(lotCount, NUMBERS.length);
    await pipeline(new FedReadable(feed, OBJECTS), collect(seen));
    assert.deepEqual([seen, feed.waitingCountMax], [NUMBERS, 1]);

    const read: number[] = [];
    const again = new NumberFeed(lotCount, NUMBERS.length);
    for await (const number of new FedReadable(again, OBJECTS)) read.push(number);
    assert.deepEqual([read, again.waitingCountMax], [NUMBERS, 1]);
  });
}

test("FedReadable goes on where it is asked for more in the middle of a push", async () => {
  const seen: number[] = [];
  const feed = new NumberFeed(7, NUMBERS.length);
  const stream = new FedReadable(feed, { ...OBJECTS, highWaterMark: 2 });
  stream.on("data", (number: number) => {
    seen.push(number);
    if (number % 10 !== 3) return;
    stream.pause();
    stream.read(0);
    // So full that the push tells the stream wants no more.
    for (const other of [0.5, 0.25]) stream.unshift(number + other);
    setTimeout(() => stream.resume(), 0);
  });
  await new Promise((resolve) => stream.once("close", resolve));
  assert.deepEqual([seen.filter(Number.isInteger), feed.waitingCountMax], [NUMBERS, 1]);
});

test("FedReadable takes nothing from its feed once it is destroyed", async () => {
  const feed = new NumberFeed(40, NUMBERS.length);
  const stream = new FedReadable(feed, OBJECTS);
  const seen: number[] = [];
  stream.on("data", (number: number) => {
    seen.push(number);
    if (seen.length === 5) stream.destroy();
  });
  await new Promise((resolve) => stream.once("close", resolve));
  assert.deepEqual(seen, NUMBERS.slice(0, 5));
  const taken = feed.ready();
  assert.ok(taken !== undefined && taken <= 5 + stream.readableHighWaterMark, `took ${taken}`);
});
