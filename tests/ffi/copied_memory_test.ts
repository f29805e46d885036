/**
 * Mapped memory where the runtime gives no views: the same contracts, and what only copying has to
 * prove.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CopiedMemory, type CopyCalls } from "../../ffi/copied_memory.ts";
import { check, type Libc, loadLibc, mappingAccess, withoutViews } from "../../ffi/mod.ts";
import { Scratch } from "../conformance/kernel_facts/fact.ts";
import { PAGE_CACHE_FACTS } from "../conformance/kernel_facts/page_cache.ts";
import { mappingSuite } from "../conformance/mapping_suite.ts";
import { hasEveryGrant, RUNTIME } from "../../harness/support/runtime.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { runFacts } from "./kernel_facts/run_facts.ts";

const libc = await loadLibc();
const copying = withoutViews(libc);
/** The same calls, and nothing that tells what they were made of. */
const foreign = Object.fromEntries(Object.entries(libc)) as unknown as Libc;

mappingSuite({ label: "copied", libc: copying });
await runFacts(PAGE_CACHE_FACTS, { libc: copying, label: "copied" });

const BASE = 0x7000;
const LENGTH = 64;

/** What was asked of libc. */
interface Move {
  readonly call: keyof CopyCalls;
  readonly offset: number;
  readonly byteLength: number;
}

/** Copied memory over calls that note what is asked of them, and check that it lies inside. */
function notedMemory(write = true): { memory: CopiedMemory; moves: Move[] } {
  const moves: Move[] = [];
  const note = (call: keyof CopyCalls, address: number, byteLength: number): number => {
    const offset = address - BASE;
    assert.ok(
      Number.isInteger(offset) && offset >= 0 && byteLength > 0,
      "An address of the memory",
    );
    assert.ok(offset + byteLength <= LENGTH, "No byte behind the memory");
    moves.push({ call, offset, byteLength });
    return 0;
  };
  const calls: CopyCalls = {
    loadBytes(target, address, byteLength) {
      assert.ok(target !== null && byteLength <= target.length, "The target has room");
      return note("loadBytes", address, byteLength);
    },
    storeBytes(address, source, byteLength) {
      assert.ok(source !== null && byteLength <= source.length, "The source has as many");
      return note("storeBytes", address, byteLength);
    },
    storeWord: (address, _word, count) => note("storeWord", address, 4 * count),
  };
  return { memory: new CopiedMemory(BigInt(BASE), LENGTH, write, calls), moves };
}

test("CopiedMemory stores the word that publishes in one piece, after all that was stored before", () => {
  const { memory, moves } = notedMemory();
  memory.copyIn(4, new Uint8Array(20));
  memory.copyIn(24, new Uint8Array(8));
  memory.publishI32(0, 32);
  memory.setI32(32, 1);
  assert.deepEqual(moves, [
    { call: "storeBytes", offset: 4, byteLength: 20 },
    { call: "storeBytes", offset: 24, byteLength: 8 },
    { call: "storeWord", offset: 0, byteLength: 4 },
    { call: "storeWord", offset: 32, byteLength: 4 },
  ]);
});

test("CopiedMemory asks libc for every read, also of what it has just read", () => {
  const { memory, moves } = notedMemory();
  for (let round = 0; round < 3; round++) memory.getI32(8);
  memory.copyOut(8, 4, new Uint8Array(4));
  memory.slice(8, 4);
  memory.borrow(8, 4, () => 0);
  assert.deepEqual(moves.map(({ offset }) => offset), [8, 8, 8, 8, 8, 8]);
});

test("CopiedMemory asks libc for nothing that is outside, or no whole byte", () => {
  const { memory, moves } = notedMemory();
  const bytes = new Uint8Array(8);
  for (const offset of [-1, LENGTH, LENGTH + 1, 2 ** 53, 0.5, NaN, Infinity, -Infinity]) {
    const accesses: (() => unknown)[] = [
      () => memory.getI32(offset),
      () => memory.setI32(offset, 1),
      () => memory.publishI32(offset, 1),
      () => memory.copyIn(offset, bytes),
      () => memory.copyOut(offset, 8, bytes),
      () => memory.copyOut(0, offset, bytes),
      () => memory.copyOut(0, 1, bytes, offset),
      () => memory.slice(offset, 8),
      () => memory.copyIn(0, bytes, offset),
      () => memory.copyIn(0, bytes, 0, offset),
      () => memory.borrow(offset, 8, () => 0),
      () => memory.slice(1, offset),
      () => memory.borrow(1, offset, () => 0),
    ];
    for (const access of accesses) assert.throws(access, RangeError, `${offset}: ${access}`);
  }
  assert.deepEqual(moves, []);
});

test("CopiedMemory asks libc for no store into what is mapped for reading, and for no empty one", () => {
  const { memory, moves } = notedMemory(false);
  const stores: (() => void)[] = [
    () => memory.setI32(0, 1),
    () => memory.publishI32(0, 1),
    () => memory.copyIn(0, Uint8Array.of(1)),
  ];
  for (const store of stores) assert.throws(store, TypeError, String(store));
  memory.copyOut(LENGTH, 0, new Uint8Array(0));
  notedMemory().memory.copyIn(LENGTH, new Uint8Array(0));
  assert.deepEqual(moves, []);
});

test("withoutViews() maps what the libc it was made of can look at and unmap", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(copying, dir.path);
  const file = scratch.create("file", 4096);
  const [viewed, copied] = [libc, copying].map((each) =>
    check(each.mmap(file, 4096, { write: true }), "mmap")
  );
  assert.ok(copied instanceof CopiedMemory);
  copied.setI32(0, 77);
  assert.equal(viewed.getI32(0), 77);
  assert.equal(libc.msync(copied, 0, 4096), 0);
  assert.equal(libc.munmap(copied), 0);
  assert.throws(() => copied.getI32(0), TypeError);
  assert.equal(copying.munmap(viewed), 0);
  assert.throws(() => viewed.getI32(0), TypeError);
});

test("Libc.mmap() copies on Bun and where Deno was granted libc alone, and nowhere else", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const mapping = scratch.map(scratch.create("file", 4096), 4096);
  const isCopied = RUNTIME === "bun" || !hasEveryGrant();
  assert.equal(mapping instanceof CopiedMemory, isCopied);
  assert.equal(mappingAccess(libc), isCopied ? "copies" : "views");
});

test("mappingAccess() tells of copies where there are no views, and nothing of another libc", () => {
  assert.equal(mappingAccess(copying), "copies");
  assert.equal(mappingAccess(foreign), undefined);
});

test("withoutViews() refuses a libc that is none of a runtime", () => {
  assert.throws(() => withoutViews(foreign), TypeError);
});
