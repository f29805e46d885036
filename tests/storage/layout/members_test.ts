/**
 * What an object shows of itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { hasOnlyPairs, membersOf } from "../../../storage/layout/mod.ts";

class Own {
  own = 1;
  get said(): number {
    return 2;
  }
  [Symbol.iterator] = 3;
}

test("membersOf() tells all that an object has, and all that it inherits", () => {
  const hidden = Object.defineProperty({ shown: 1 }, "hidden", { value: 2 });
  assert.deepEqual(membersOf(hidden), {
    own: ["shown", "hidden"],
    inherited: [],
    isOfClass: false,
  });
  assert.deepEqual(membersOf(new Own()), {
    own: ["own", Symbol.iterator],
    inherited: ["said"],
    isOfClass: true,
  });
  assert.deepEqual(membersOf(Object.create(Object.assign(Object.create(null), { a: 1 }))), {
    own: [],
    inherited: ["a"],
    isOfClass: false,
  });
  const module = (tag: string) =>
    Object.defineProperty({}, Symbol.toStringTag, { get: () => tag }) as object;
  assert.deepEqual(
    membersOf(module("Module")).own,
    [Symbol.toStringTag],
    "a getter is no module's",
  );
  const foreign = runInNewContext("({ a: 1 })") as object;
  assert.deepEqual(membersOf(foreign), { own: ["a"], inherited: [], isOfClass: false });
});

test("hasOnlyPairs() takes pairs of a name and a value, and nothing else", () => {
  const empty = Object.defineProperty({}, Symbol.toStringTag, { value: "Module" });
  for (const one of [{}, { a: 1 }, Object.create(null), runInNewContext("({})"), empty]) {
    assert.equal(hasOnlyPairs(one), true);
  }
  class Plain {
    a = 1;
  }
  assert.equal(hasOnlyPairs(new Plain()), true);
  const hidden = Object.defineProperty({}, "a", { value: 1 });
  for (
    const one of [
      null,
      undefined,
      "a",
      () => {},
      [],
      new Map(),
      new Date(0),
      new Own(),
      new class Empty {}(),
      hidden,
      { [Symbol("a")]: 1 },
      Object.create({ a: 1 }),
    ]
  ) assert.equal(hasOnlyPairs(one), false);
});
