/**
 * Failures as values, and the error they become.
 *
 * @module
 */
import { check, Errno, failed, quotePath, systemError } from "../../ffi/mod.ts";
import assert from "node:assert/strict";
import { test } from "node:test";

const FULL = new Errno("ENOSPC", 28, "fallocate");

test("failed() tells a failure from values that look like one", () => {
  assert.equal(failed(FULL), true);
  for (const value of [0, -1, undefined, { code: "ENOSPC", errno: 28, syscall: "x" }]) {
    assert.equal(failed(value), false);
  }
});

test("check() gives the value, or throws what failed, where and why", () => {
  assert.equal(check(7, "read"), 7);
  assert.throws(() => check(FULL, "allocate segment", "/data/a"), {
    code: "SYSTEM",
    message: 'Cannot allocate segment "/data/a": fallocate failed with ENOSPC',
    errno: "ENOSPC",
    retryable: false,
    syscall: "fallocate",
    path: "/data/a",
  });
});

test("systemError() leaves the path out where there is none", () => {
  const error = systemError(FULL, "allocate");
  assert.equal(error.message, "Cannot allocate: fallocate failed with ENOSPC");
  assert.equal(error.path, undefined);
});

test("systemError() says what to do where files cannot be opened", () => {
  assert.equal(
    systemError(new Errno("EMFILE", 24, "openat2"), "open segment", "a").message,
    'Cannot open segment "a": openat2 failed with EMFILE; ' +
      "this process has too many files open, close some or raise the limit, ulimit -n",
  );
  assert.match(
    systemError(new Errno("ENFILE", 23, "openat2"), "open segment", "a").message,
    /failed with ENFILE; the machine has too many files open, close some or raise fs\.file-max$/,
  );
});

test("quotePath() escapes what could rewrite a terminal or a line", () => {
  const path = 'a"b\\c\n\x1b[2J\x7f\x9b\u202e\u2028ü';
  assert.equal(
    quotePath(path),
    '"a\\"b\\\\c\\n\\u001b[2J\\u007f\\u009b\\u202e\\u2028ü"',
  );
});
