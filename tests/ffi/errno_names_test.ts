/**
 * The names of errors, against the table that the runtime has of its own.
 *
 * @module
 */
import { errnoName, errnoNumber } from "../../ffi/mod.ts";
import assert from "node:assert/strict";
import { constants } from "node:os";
import { test } from "node:test";

// Two names of one number; the table has the first.
const ALIASES: Readonly<Record<string, string>> = { EWOULDBLOCK: "EAGAIN", ENOTSUP: "EOPNOTSUPP" };

test("errnoName() and errnoNumber() agree with the numbers of the runtime", () => {
  const known = Object.entries(constants.errno);
  assert.ok(known.length > 70);
  for (const [name, number] of known) {
    const own = ALIASES[name] ?? name;
    assert.equal(errnoName(number), own);
    assert.equal(errnoNumber(own), number);
  }
});

test("errnoName() knows all numbers of Linux, and no others", () => {
  const numbers = Array.from({ length: 136 }, (_, number) => number);
  const unnamed = numbers.filter((number) => errnoName(number) === "EUNKNOWN");
  assert.deepEqual(unnamed, [0, 41, 58, 134, 135]);
  assert.equal(errnoName(133), "EHWPOISON");
});

test("errnoNumber() refuses a name that Linux does not have", () => {
  for (const name of ["EUNKNOWN", "-", "", "eperm"]) {
    assert.throws(() => errnoNumber(name), TypeError);
  }
});
