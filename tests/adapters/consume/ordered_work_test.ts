/**
 * Work in the order of its keys.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { OrderedWork } from "../../../adapters/consume/ordered_work.ts";
import { seededRandom } from "../../../harness/support/random.ts";

/** Work that goes on until it is ended by its name. */
class Bench {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();
  readonly #work: OrderedWork;

  constructor(concurrency: number) {
    this.#work = new OrderedWork(concurrency);
  }

  add(name: string, ...keys: readonly string[]): void {
    this.#work.add(keys, () => {
      this.begun.push(name);
      return new Promise((resolve) => this.#ends.set(name, resolve));
    });
  }

  /** Ends work; gives what has begun by then. */
  async end(...names: readonly string[]): Promise<string> {
    for (const name of names) this.#ends.get(name)!();
    await setImmediate();
    return this.begun.join("");
  }

  idle(): Promise<void> {
    return this.#work.idle();
  }
}

test("OrderedWork.add() begins work once all before it with one of its keys have ended", async () => {
  const bench = new Bench(10);
  bench.add("a", "x");
  bench.add("b", "y");
  bench.add("c", "x", "y");
  bench.add("d", "y");
  bench.add("e", "z");
  bench.add("f");
  assert.equal(await bench.end(), "abef");
  assert.equal(await bench.end("a"), "abef");
  assert.equal(await bench.end("b"), "abefc");
  assert.equal(await bench.end("c"), "abefcd");
  bench.add("g", "x");
  assert.equal(await bench.end(), "abefcdg", "What has ended holds up nothing");
  bench.add("h", "y");
  assert.equal(await bench.end(), "abefcdg", "What goes on does");
  assert.equal(await bench.end("d"), "abefcdgh");
});

test("OrderedWork.add() begins so much at once, in the order in which it was added", async () => {
  const bench = new Bench(2);
  for (const name of "abcde") bench.add(name);
  assert.equal(await bench.end(), "ab");
  assert.equal(await bench.end("b"), "abc");
  assert.equal(await bench.end("a", "c"), "abcde");
  assert.equal(await bench.end("d", "e"), "abcde");
  bench.add("f");
  bench.add("g");
  bench.add("h");
  assert.equal(await bench.end(), "abcdefg", "There is room again for two");
});

test("OrderedWork.add() keeps no room for what has to wait", async () => {
  const bench = new Bench(2);
  for (const name of "abc") bench.add(name, "x");
  bench.add("d", "y");
  assert.equal(await bench.end(), "ad");
});

test("OrderedWork.idle() settles once all has ended, also what was added meanwhile", async () => {
  const bench = new Bench(2);
  await bench.idle();
  bench.add("a", "x");
  let isIdle = false;
  bench.idle().then(() => isIdle = true);
  await bench.end();
  bench.add("b", "x");
  await bench.end("a");
  assert.equal(isIdle, false);
  await bench.end("b");
  assert.equal(isIdle, true);
});

test("OrderedWork keeps the order of each key, whatever is added", async () => {
  const random = seededRandom(3);
  for (let round = 0; round < 50; round++) {
    const concurrency = 1 + random.next(4);
    const work = new OrderedWork(concurrency);
    const ended = new Map<string, number[]>();
    let running = 0;
    for (let number = 0; number < 40; number++) {
      const keys = Array.from({ length: random.next(4) }, () => `${random.next(4)}`);
      const turnCount = random.next(4);
      work.add(keys, async () => {
        assert.ok(++running <= concurrency);
        for (let turn = 0; turn < turnCount; turn++) await Promise.resolve();
        running--;
        for (const key of new Set(keys)) ended.set(key, [...ended.get(key) ?? [], number]);
      });
    }
    await work.idle();
    for (const numbers of ended.values()) {
      assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
    }
  }
});
