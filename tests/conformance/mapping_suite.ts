/**
 * Every contract of mapped memory, for each way to touch it: words, copies, loans, bounds, what
 * others change below it, and what is left after unmapping.
 *
 * @module
 */
import { check, type Libc, type Mapping } from "../../ffi/mod.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { type SeededRandom, seededRandom } from "../../harness/support/random.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { pattern, Scratch } from "./kernel_facts/fact.ts";
import { byteAt } from "../../harness/support/mapped_byte.ts";

const LENGTH = 8192;

/** Which mappings are looked at. */
export interface MappingHarness {
  /** What differs, in a word: stands behind the names of the tests. */
  readonly label: string;
  /** What maps. */
  readonly libc: Libc;
}

/** What a case works with: a mapping of a file of `LENGTH` bytes that hold a pattern. */
interface Bench {
  readonly libc: Libc;
  readonly mapping: Mapping;
  readonly scratch: Scratch;
}

interface MappingCase {
  readonly name: string;
  /** Whether the mapping may be stored into. */
  readonly write: boolean;
  run(bench: Bench): void;
}

/**
 * Registers the tests.
 *
 * @param harness Which mappings.
 */
export function mappingSuite({ label, libc }: MappingHarness): void {
  for (const { name, write, run } of CASES) {
    test(`${name} (${label})`, async () => {
      await using dir = await temporaryDirectory();
      using scratch = new Scratch(libc, dir.path);
      const file = scratch.create("file", LENGTH);
      libc.pwrite(file, pattern(LENGTH), 0);
      run({ libc, scratch, mapping: scratch.map(file, LENGTH, write) });
    });
  }
}

const CASES: readonly MappingCase[] = [
  {
    name: "Mapping.setI32() and publishI32() store every word, and no byte beside it",
    write: true,
    run({ mapping, scratch }) {
      const file = scratch.open("file");
      const words = [0, 1, -1, -77, 0x01020304, -0x01020304, 0x00ff00ff, 2 ** 31 - 1, -(2 ** 31)];
      for (const word of words) {
        for (const [store, at] of [["setI32", 5], ["publishI32", 4094]] as const) {
          mapping[store](at, word);
          assert.equal(mapping.getI32(at), word);
          const bytes = [24, 16, 8, 0].map((shift) => (word >> shift) & 0xff);
          const [before, after] = [(at - 1) % 255 + 1, (at + 4) % 255 + 1];
          assert.deepEqual(scratch.read(file, at - 1, 6), [before, ...bytes, after]);
        }
      }
    },
  },
  {
    name: "Mapping.copyIn() and copyOut() copy parts",
    write: true,
    run({ mapping }) {
      mapping.copyIn(100, Uint8Array.of(1, 2, 3, 4, 5), 1, 3);
      const target = new Uint8Array(6);
      mapping.copyOut(99, 4, target, 1);
      assert.deepEqual([...target], [0, 100, 2, 3, 103, 0]);
      mapping.copyIn(LENGTH - 2, Uint8Array.of(8, 9));
      mapping.copyOut(LENGTH - 2, 2, target);
      assert.deepEqual([...target.subarray(0, 2)], [8, 9]);
      mapping.copyIn(LENGTH, new Uint8Array(0));
      mapping.copyOut(LENGTH, 0, target);
    },
  },
  {
    name: "Mapping throws a RangeError for everything that is not inside",
    write: true,
    run({ libc, mapping }) {
      const bytes = new Uint8Array(8);
      const outside: (() => unknown)[] = [
        () => byteAt(mapping, LENGTH),
        () => byteAt(mapping, -1),
        () => mapping.getI32(LENGTH - 3),
        () => mapping.setI32(LENGTH - 3, 0),
        () => mapping.publishI32(LENGTH - 3, 0),
        () => mapping.copyIn(LENGTH - 7, bytes),
        () => mapping.copyIn(-1, bytes),
        () => mapping.copyIn(0, bytes, 0, 9),
        () => mapping.copyIn(0, bytes, 5, 4),
        () => mapping.copyIn(0, bytes, -1, 4),
        () => mapping.copyOut(LENGTH - 7, 8, bytes),
        () => mapping.copyOut(-1, 4, bytes),
        () => mapping.copyOut(0, -1, bytes),
        () => mapping.copyOut(NaN, 4, bytes),
        () => mapping.copyOut(0, 8, bytes, 1),
        () => mapping.slice(LENGTH - 7, 8),
        () => mapping.slice(-1, 4),
        () => mapping.slice(NaN, 4),
        () => mapping.borrow(LENGTH - 7, 8, () => 0),
        () => mapping.borrow(-1, 1, () => 0),
        () => mapping.borrow(0, NaN, () => 0),
        () => libc.msync(mapping, 0, LENGTH + 1),
        () => libc.madvise(mapping, -1, 1, libc.constants.MADV_NORMAL),
        () => libc.mincore(mapping, LENGTH, 1),
      ];
      for (const access of outside) assert.throws(access, RangeError, String(access));
    },
  },
  {
    name: "Mapping refuses stores into what is mapped for reading, and lives",
    write: false,
    run({ mapping }) {
      assert.equal(mapping.writable, false);
      const stores: (() => void)[] = [
        () => mapping.setI32(0, 1),
        () => mapping.publishI32(0, 1),
        () => mapping.copyIn(0, Uint8Array.of(1)),
      ];
      for (const store of stores) assert.throws(store, TypeError, String(store));
      assert.equal(byteAt(mapping, 0), 1);
    },
  },
  {
    name: "Mapping.borrow() lends a view of exactly the bytes, for the callback only",
    write: true,
    run({ mapping }) {
      let kept: Uint8Array = new Uint8Array(1);
      const sum = mapping.borrow(10, 3, (view) => {
        kept = view;
        assert.equal(view.buffer.byteLength, 3);
        return [...view].reduce((total, byte) => total + byte, 0);
      });
      assert.equal(sum, 11 + 12 + 13);
      assert.equal(kept.length, 0);
      assert.equal(kept[0], undefined);
      assert.equal(mapping.borrow(LENGTH, 0, (view) => view.length), 0);
    },
  },
  {
    name: "Mapping.borrow() takes the view back when the callback throws, or gave it away",
    write: true,
    run({ mapping }) {
      let kept: Uint8Array = new Uint8Array(1);
      const failure = new Error("told by the callback");
      assert.throws(() =>
        mapping.borrow(0, 8, (view) => {
          kept = view;
          throw failure;
        }), failure);
      assert.equal(kept.length, 0);
      mapping.borrow(0, 8, (view) => (view.buffer as ArrayBuffer).transfer(0));
      assert.equal(byteAt(mapping, 0), 1);
    },
  },
  {
    name: "Mapping.borrow() has nothing to show any more when the callback unmaps",
    write: true,
    run({ mapping, scratch }) {
      mapping.borrow(0, 16, (outer) => {
        mapping.borrow(8, 8, (inner) => {
          scratch.unmap(mapping);
          assert.deepEqual([outer.length, inner.length], [0, 0]);
        });
      });
    },
  },
  {
    name: "Mapping shows at once what others change below it, also beside what was just read",
    write: true,
    run({ libc, mapping, scratch }) {
      const file = scratch.open("file", libc.constants.O_RDWR);
      const other = scratch.map(file, LENGTH);
      const target = new Uint8Array(8);
      for (let round = 1; round <= 50; round++) {
        const at = round * 100;
        mapping.copyOut(at - 8, 64, new Uint8Array(64));
        libc.pwrite(file, Uint8Array.of(round, 0, 0, 7), at);
        assert.equal(mapping.getI32(at), round * 2 ** 24 + 7);
        assert.equal(byteAt(mapping, at), round);
        other.publishI32(at, -round);
        mapping.copyOut(at, 4, target);
        assert.equal(new DataView(target.buffer).getInt32(0), -round);
        other.copyIn(at, Uint8Array.of(round + 1));
        assert.equal(mapping.borrow(at, 1, (view) => view[0]), round + 1);
      }
    },
  },
  {
    name: "Mapping does to the file what the same calls do to a buffer",
    write: true,
    run({ mapping, scratch }) {
      const random = seededRandom(20261122);
      const model = pattern(LENGTH);
      for (let round = 0; round < 2000; round++) changeBoth(mapping, model, random);
      assert.deepEqual(scratch.read(scratch.open("file"), 0, LENGTH), [...model]);
    },
  },
  {
    name: "Mapping throws a TypeError from every method after munmap()",
    write: true,
    run({ libc, mapping, scratch }) {
      scratch.unmap(mapping);
      assert.equal(mapping.byteLength, 0);
      const bytes = new Uint8Array(1);
      const accesses: (() => unknown)[] = [
        () => byteAt(mapping, 0),
        () => mapping.getI32(0),
        () => mapping.setI32(0, 1),
        () => mapping.publishI32(0, 1),
        () => mapping.copyIn(0, bytes),
        () => mapping.copyOut(0, 1, bytes),
        () => mapping.copyOut(0, 0, bytes),
        () => mapping.slice(0, 1),
        () => mapping.slice(0, 0),
        () => mapping.borrow(0, 1, () => 0),
        () => mapping.borrow(0, 0, () => 0),
        () => libc.msync(mapping, 0, 0),
        () => libc.munmap(mapping),
      ];
      for (const access of accesses) assert.throws(access, TypeError, String(access));
    },
  },
  {
    name: "Libc refuses a mapping that it did not make",
    write: true,
    run({ libc, mapping }) {
      const foreign = { ...mapping, byteLength: LENGTH } as Mapping;
      assert.throws(() => libc.munmap(foreign), TypeError);
      assert.throws(() => libc.msync(foreign, 0, 1), TypeError);
      assert.equal(byteAt(mapping, 0), 1);
    },
  },
  {
    name: "Libc.munmap() stays sound over many mappings of the same place",
    write: true,
    run({ libc, scratch }) {
      const file = scratch.open("file");
      const kept: Mapping[] = [];
      for (let round = 0; round < 200; round++) {
        const mapping = check(libc.mmap(file, LENGTH, { write: false }), "mmap");
        assert.equal(byteAt(mapping, round), round + 1);
        check(libc.munmap(mapping), "munmap");
        kept.push(mapping);
      }
      for (const mapping of kept) assert.throws(() => byteAt(mapping, 0), TypeError);
    },
  },
  {
    name: "Libc rounds ranges of a mapping out to pages",
    write: true,
    run({ libc, mapping }) {
      const page = libc.pageByteLength;
      const { MADV_NORMAL } = libc.constants;
      assert.equal(libc.msync(mapping, 5, 1), 0);
      assert.equal(libc.msync(mapping, page - 1, 2), 0);
      assert.equal(libc.madvise(mapping, page + 1, 1, MADV_NORMAL), 0);
      assert.equal(check(libc.mincore(mapping, page - 1, 2), "mincore").length, 2);
      assert.equal(check(libc.mincore(mapping, page, 1), "mincore").length, 1);
      assert.equal(check(libc.mincore(mapping, page, 0), "mincore").length, 0);
    },
  },
];

/**
 * Does one random thing to a mapping and to a buffer that is meant to hold the same, and compares.
 */
function changeBoth(mapping: Mapping, model: Uint8Array, random: SeededRandom): void {
  const view = new DataView(model.buffer);
  // Up to 20 bytes lie outside, so that a refused access must leave both as they are.
  const offset = random.next(LENGTH + 20);
  const byteLength = random.next(64);
  const bytes = Uint8Array.from({ length: byteLength }, () => random.next(256));
  const value = random.next(2 ** 31) - 2 ** 30;
  switch (random.next(3)) {
    case 0:
      return sameEnd(() => mapping.setI32(offset, value), () => view.setInt32(offset, value));
    case 1:
      return sameEnd(() => mapping.copyIn(offset, bytes), () => model.set(bytes, offset));
    default: {
      const from = Math.min(offset, LENGTH - byteLength);
      const target = new Uint8Array(byteLength + 2).fill(170);
      mapping.copyOut(from, byteLength, target, 1);
      assert.deepEqual([...target], [170, ...model.subarray(from, from + byteLength), 170]);
      const own = mapping.slice(from, byteLength);
      assert.deepEqual([...own], [...model.subarray(from, from + byteLength)]);
      assert.equal(own.buffer.byteLength, byteLength);
    }
  }
}

/** Both do it, or both refuse it. */
function sameEnd(one: () => void, other: () => void): void {
  const [first, second] = [one, other].map((act) => {
    try {
      act();
      return "done";
    } catch (error) {
      return (error as Error).name;
    }
  });
  assert.equal(first, second);
}
