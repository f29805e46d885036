/**
 * Every power-cut profile leaves what it says, and each of the outcomes that it allows.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../../ffi/mod.ts";
import { PAGE_BYTE_LENGTH, SECTOR_BYTE_LENGTH } from "../../../harness/simulation/machine/page.ts";
import { POWER_CUT_PROFILE_COUNT } from "../../../harness/simulation/machine/power_cut.ts";
import {
  boot,
  machine,
  outcomes,
  type SimUser,
} from "../../../harness/simulation/machine/sim_machine.ts";

const SEEDS = 100;
const PAGES = 4;

/**
 * Cuts the power after some stores into a durable file of zeros, and looks at the first bytes of
 * its pages.
 */
function afterCut(profile: number, stores: (user: SimUser, file: number) => void, pages = PAGES) {
  return (seed: number) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    stores(user, user.createDurable("file", pages * PAGE_BYTE_LENGTH));
    kernel.cutPower(profile);
    const after = boot(kernel);
    return Array.from(
      { length: pages },
      (_, page) => after.read("file", page * PAGE_BYTE_LENGTH, 1)[0],
    );
  };
}

function everyPage(user: SimUser, file: number): void {
  for (let page = 0; page < PAGES; page++) user.write(file, page * PAGE_BYTE_LENGTH, [page + 1]);
}

test("SimKernel.cutPower(0) leaves nothing that was not synced", () => {
  assert.deepEqual(outcomes(SEEDS, afterCut(0, everyPage)), ["[0,0,0,0]"]);
});

test("SimKernel.cutPower(1) leaves everything", () => {
  assert.deepEqual(outcomes(SEEDS, afterCut(1, everyPage)), ["[1,2,3,4]"]);
});

test("SimKernel.cutPower(2) leaves any subset of the pages", () => {
  const found = outcomes(SEEDS, afterCut(2, everyPage));
  assert.equal(found.length, 2 ** PAGES);
});

test("SimKernel.cutPower(3) leaves the later half of the pages", () => {
  assert.deepEqual(outcomes(SEEDS, afterCut(3, everyPage)), ["[0,0,3,4]"]);
});

test("SimKernel.cutPower(4) leaves each page at some moment of its stores", () => {
  const stores = (user: SimUser, file: number) => {
    for (const value of [1, 2]) user.write(file, 0, [value]);
    user.write(file, PAGE_BYTE_LENGTH, [7]);
  };
  const found = outcomes(SEEDS, afterCut(4, stores, 2));
  assert.deepEqual(found, ["[0,0]", "[0,7]", "[1,0]", "[1,7]", "[2,0]", "[2,7]"]);
});

/** Stores 1 and then 2 into two sectors of a page, and gives what is left in both. */
function twoSectors(profile: number): (seed: number) => number[] {
  return (seed) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    const file = user.createDurable("file", PAGE_BYTE_LENGTH);
    const bytes = new Array<number>(2 * SECTOR_BYTE_LENGTH);
    for (const value of [1, 2]) user.write(file, 0, bytes.fill(value));
    kernel.cutPower(profile);
    const left = boot(kernel).read("file", 0, 2 * SECTOR_BYTE_LENGTH);
    const sectors = [left.slice(0, SECTOR_BYTE_LENGTH), left.slice(SECTOR_BYTE_LENGTH)];
    for (const sector of sectors) assert.equal(new Set(sector).size, 1);
    return sectors.map((sector) => sector[0]);
  };
}

test("SimKernel.cutPower(5) leaves each sector old or new", () => {
  assert.deepEqual(outcomes(SEEDS, twoSectors(5)), ["[0,0]", "[0,2]", "[2,0]", "[2,2]"]);
});

test("SimKernel.cutPower(6) leaves each sector at its own moment", () => {
  assert.equal(outcomes(SEEDS, twoSectors(6)).length, 9);
});

test("SimKernel.cutPower(7) leaves everything but a part of the very last store", () => {
  const found = outcomes(SEEDS, (seed) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    const file = user.createDurable("file", 2 * PAGE_BYTE_LENGTH);
    user.write(file, 0, [9]);
    // From 12 bytes before the end of the first page to 12 bytes behind it.
    user.write(file, PAGE_BYTE_LENGTH - 12, new Array<number>(24).fill(1));
    kernel.cutPower(7);
    const after = boot(kernel);
    assert.deepEqual(after.read("file", 0, 1), [9]);
    const left = after.read("file", PAGE_BYTE_LENGTH - 12, 24);
    const kept = left.findIndex((byte) => byte === 0);
    assert.ok(left.slice(kept).every((byte) => byte === 0));
    return kept;
  });
  assert.deepEqual(found.map(Number).toSorted((a, b) => a - b), [0, 4, 12, 20]);
});

test("SimKernel.cutPower(8) puts garbage only where a store was to change something", () => {
  let garbled = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const kernel = machine(seed);
    const user = boot(kernel);
    const file = user.createDurable("file", PAGE_BYTE_LENGTH);
    user.write(file, 0, new Array<number>(300).fill(5));
    check(user.libc.fdatasync(file), "flush");
    user.write(file, 0, new Array<number>(300).fill(5));
    user.write(file, 300, new Array<number>(100).fill(6));
    kernel.cutPower(8);
    const left = boot(kernel).read("file", 0, PAGE_BYTE_LENGTH);
    assert.ok(left.slice(0, 300).every((byte) => byte === 5));
    assert.ok(left.slice(400).every((byte) => byte === 0));
    if (left.slice(300, 400).some((byte) => byte !== 0 && byte !== 6)) garbled++;
  }
  assert.ok(garbled > 3 && garbled < SEEDS / 2, `${garbled} garbled`);
});

test("SimKernel.cutPower(9) leaves whole folios of 16 pages or nothing of them", () => {
  const stores = (user: SimUser, file: number) => {
    for (const page of [0, 15, 16]) user.write(file, page * PAGE_BYTE_LENGTH, [1]);
  };
  const found = outcomes(SEEDS, (seed) => {
    const left = afterCut(9, stores, 17)(seed);
    return [left[0], left[15], left[16]];
  });
  assert.deepEqual(found, ["[0,0,0]", "[0,0,1]", "[1,1,0]", "[1,1,1]"]);
});

test("SimKernel.cutPower() never takes back what a sync had made durable", () => {
  for (let profile = 0; profile < POWER_CUT_PROFILE_COUNT; profile++) {
    const stores = (user: SimUser, file: number) => {
      everyPage(user, file);
      check(user.libc.fdatasync(file), "flush");
    };
    assert.deepEqual(outcomes(10, afterCut(profile, stores)), ["[1,2,3,4]"], `${profile}`);
  }
});

test("SimKernel.cutPower() takes back a length that was not synced, or leaves it", () => {
  const found = outcomes(SEEDS, (seed) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    const file = user.createDurable("file", PAGE_BYTE_LENGTH);
    check(user.libc.fallocate(file, 0, 0, 3 * PAGE_BYTE_LENGTH), "allocate");
    kernel.cutPower(2);
    const status = check(boot(kernel).libc.statx(boot(kernel).directory, "file"), "stat");
    assert.equal(status.allocatedByteLength, status.byteLength);
    return status.byteLength / PAGE_BYTE_LENGTH;
  });
  assert.deepEqual(found, ["1", "3"]);
});

test("SimKernel.cutPower() on tmpfs leaves nothing at all", () => {
  const kernel = machine(1, { fileSystem: "tmpfs" });
  const user = boot(kernel);
  user.createDurable("file", PAGE_BYTE_LENGTH);
  kernel.cutPower(1);
  assert.equal(kernel.lookUp("/data"), undefined);
  assert.equal(kernel.space.free, kernel.devicePageCount);
});
