/**
 * Tests of the CRC-32 by a program of our own: the same values as zlib's, and chosen only where it
 * is faster.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 as zlibCrc32 } from "node:zlib";
import { chooseCrc32, crc32, type WasmEngine } from "../../../storage/layout/mod.ts";
import {
  fillCrc32Tables,
  makeCrc32Program,
  MESSAGE_END,
  PROGRAM_BYTE_LENGTH_MAX,
} from "../../../storage/layout/crc32_program.ts";
import { seededRandom } from "../../../harness/support/random.ts";

const random = seededRandom(0x43524332);
const PROBE_COUNT = 5;

/** A clock by which zlib takes so many times as long as copying. */
function clockWhereZlibTakes(ratio: number): () => number {
  let calls = 0;
  let now = 0;
  return () => {
    const isEnd = calls % 2 === 1;
    const isOfZlib = calls >= 2 * PROBE_COUNT;
    calls++;
    if (isEnd) now += isOfZlib ? ratio : 1;
    return now;
  };
}

/** An engine that counts the runs of the program, so that a test knows that it ran at all. */
function countingEngine(): { engine: WasmEngine; count(): number } {
  let count = 0;
  class Instance {
    readonly exports: WebAssembly.Exports;

    constructor(module: WebAssembly.Module) {
      const { memory, crc32 } = new WebAssembly.Instance(module).exports;
      const run = crc32 as (byteLength: number, value: number) => number;
      const counted: typeof run = (byteLength, value) => (count++, run(byteLength, value));
      this.exports = { memory, crc32: counted };
    }
  }
  const { validate, Module, CompileError } = WebAssembly;
  const engine = { validate, Module, Instance, CompileError };
  return { engine, count: () => count };
}

function assertRightFor(bytes: Uint8Array): void {
  const value = random.next(2 ** 32);
  const text = `${bytes.length} bytes after ${value}, seed ${random.seed}`;
  assert.equal(crc32(bytes, value), zlibCrc32(bytes, value), text);
  assert.equal(crc32(bytes), zlibCrc32(bytes), text);
}

test("makeCrc32Program() gives the CRC of zlib for every length, whatever was summed before", () => {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(makeCrc32Program()));
  const { buffer } = instance.exports.memory as WebAssembly.Memory;
  const run = instance.exports.crc32 as (byteLength: number, value: number) => number;
  fillCrc32Tables(buffer);
  const memory = new Uint8Array(buffer);
  const lengths = Array.from(
    { length: 1500 },
    (_, index) => 4 + index,
  );
  const longest = [PROGRAM_BYTE_LENGTH_MAX - 1, PROGRAM_BYTE_LENGTH_MAX];
  for (const byteLength of random.shuffle([...lengths, ...longest])) {
    const bytes = random.bytes(byteLength);
    const value = random.next(2 ** 32);
    memory.set(bytes, MESSAGE_END - byteLength);
    const found = run(byteLength, value) >>> 0;
    assert.equal(found, zlibCrc32(bytes, value), `${byteLength} bytes, seed ${random.seed}`);
  }
});

test("crc32() gives the CRC of zlib by the program, short or in several parts", () => {
  const { engine, count } = countingEngine();
  assert.equal(chooseCrc32(clockWhereZlibTakes(7), engine), "program");
  const most = PROGRAM_BYTE_LENGTH_MAX;
  assertRightFor(random.bytes(127));
  assert.equal(count(), 0, "The program does not pay for what is short");
  for (const byteLength of [128, 129, 1124, most - 1, most, most + 1, 3 * most, 3 * most + 500]) {
    const before = count();
    assertRightFor(random.bytes(byteLength));
    assert.equal(count() - before, 2 * Math.max(1, Math.floor(byteLength / most)));
  }
  assertRightFor(random.bytes(10_000).subarray(77, 8000));
  assertRightFor(new Uint8Array(5000));
  assert.equal(crc32(new Uint8Array(0), 5), 5);
});

test("chooseCrc32() takes the program where zlib takes much longer than copying, and only there", () => {
  for (const [ratio, way] of [[0, "zlib"], [1, "zlib"], [3, "zlib"], [4, "program"]] as const) {
    assert.equal(chooseCrc32(clockWhereZlibTakes(ratio), WebAssembly), way, String(ratio));
    assertRightFor(random.bytes(1000));
  }
  assert.equal(
    chooseCrc32(() => 0, WebAssembly),
    "zlib",
    "A clock that stands still tells nothing",
  );
});

test("chooseCrc32() stays with zlib where the program cannot run", () => {
  const { Module, Instance, CompileError } = WebAssembly;
  const failing = (error: Error): WasmEngine => ({
    validate: () => true,
    Module,
    CompileError,
    Instance: class extends Instance {
      constructor(module: WebAssembly.Module) {
        super(module);
        throw error;
      }
    },
  });
  const choose = (engine: WasmEngine | undefined) => chooseCrc32(clockWhereZlibTakes(7), engine);
  assert.equal(choose(undefined), "zlib");
  assert.equal(choose({ validate: () => false, Module, Instance, CompileError }), "zlib");
  assert.equal(choose(failing(new RangeError("no memory"))), "zlib");
  assert.equal(choose(failing(new CompileError("no code"))), "zlib");
  assertRightFor(random.bytes(1000));
  assert.throws(() => choose(failing(new TypeError("another"))), /another/);
});
