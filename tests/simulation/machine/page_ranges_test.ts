/**
 * Ranges of pages, against a plain set.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../harness/support/random.ts";
import { PageRanges } from "../../../harness/simulation/machine/page_ranges.ts";

const LIMIT = 40;

test("PageRanges does what a set of pages does", () => {
  const random = seededRandom(1);
  let ranges = PageRanges.EMPTY;
  const pages = new Set<number>();
  for (let turn = 0; turn < 2000; turn++) {
    const from = random.next(LIMIT);
    const to = from + random.next(8);
    const adding = random.chance(2);
    ranges = adding ? ranges.with(from, to) : ranges.without(from, to);
    for (let page = from; page < to; page++) {
      if (adding) pages.add(page);
      else pages.delete(page);
    }
    const held = Array.from({ length: LIMIT + 8 }, (_, page) => page)
      .filter((page) => ranges.has(page));
    assert.deepEqual(held, [...pages].toSorted((a, b) => a - b), `turn ${turn}`);
    assert.equal(ranges.count, pages.size);
  }
});

test("PageRanges never changes what it was", () => {
  const before = PageRanges.EMPTY.with(2, 5);
  before.with(5, 9);
  before.without(0, 9);
  assert.equal(before.count, 3);
  assert.equal(PageRanges.EMPTY.count, 0);
});

test("PageRanges.without() takes everything from a page on", () => {
  assert.equal(PageRanges.EMPTY.with(2, 9).without(4, Infinity).count, 2);
});
