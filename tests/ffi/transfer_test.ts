/**
 * Copying ranges of files: by sendfile, without it, and in parts.
 *
 * @module
 */
import { check, Errno, type Libc, loadLibc, transferRange } from "../../ffi/mod.ts";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assertFails, pattern, Scratch } from "../conformance/kernel_facts/fact.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const LENGTH = 600_000;
const libc = await loadLibc();

/** Makes a libc that differs in some calls. */
function withCalls(calls: Partial<Libc>): Libc {
  return { ...libc, ...calls };
}

function withoutSendfile(code: string, errno: number): Libc {
  const failure = new Errno(code, errno, "sendfile");
  const unknown = new Errno("EUNKNOWN", 0, "sendfile");
  return withCalls({ sendfile: () => failure, sendfileAsync: () => Promise.resolve(unknown) });
}

/** Copies a range of a file with a pattern; gives what the call gave and what the target holds. */
async function transfer(
  calls: Libc,
  from: number,
  to: number,
  onPosition: (position: number) => void = () => {},
): Promise<[number | Errno, Uint8Array]> {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  scratch.write("source", pattern(LENGTH));
  const source = scratch.open("source");
  const target = scratch.create("target");
  const range = { source, from, to, target, targetPosition: 0, onPosition };
  const count = await transferRange(calls, range);
  return [count, new Uint8Array(readFileSync(`${dir.path}/target`))];
}

for (
  const [how, calls] of [
    ["by sendfile()", libc],
    ["without sendfile(), which is not there", withoutSendfile("ENOSYS", 38)],
    ["without sendfile(), which refuses these files", withoutSendfile("EINVAL", 22)],
  ] as const
) {
  test(`transferRange() copies a range ${how}`, async () => {
    const [count, bytes] = await transfer(calls, 7, LENGTH - 3);
    assert.equal(count, LENGTH - 10);
    assert.deepEqual(bytes, pattern(LENGTH).subarray(7, LENGTH - 3));
  });

  test(`transferRange() stops where the source ends ${how}`, async () => {
    const [count, bytes] = await transfer(calls, LENGTH - 5, LENGTH + 100);
    assert.equal(count, 5);
    assert.deepEqual(bytes, pattern(LENGTH).subarray(-5));
  });

  test(`transferRange() copies nothing of an empty range ${how}`, async () => {
    assert.deepEqual(await transfer(calls, 5, 5), [0, new Uint8Array(0)]);
  });
}

test("transferRange() goes on after short counts", async () => {
  const calls = withCalls({
    sendfileAsync: (target, source, position, byteLength) =>
      libc.sendfileAsync(target, source, position, Math.min(byteLength, 99_999)),
  });
  const [count, bytes] = await transfer(calls, 0, LENGTH);
  assert.equal(count, LENGTH);
  assert.deepEqual(bytes, pattern(LENGTH));
});

test("transferRange() goes on after short counts of pwrite()", async () => {
  const calls = {
    ...withoutSendfile("ENOSYS", 38),
    pwriteAsync: (target: number, bytes: Uint8Array, position: number) =>
      libc.pwriteAsync(target, bytes.subarray(0, 70_001), position),
  };
  const [count, bytes] = await transfer(calls, 1, LENGTH);
  assert.equal(count, LENGTH - 1);
  assert.deepEqual(bytes, pattern(LENGTH).subarray(1));
});

test("transferRange() gives any other failure with its reason", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  scratch.write("source", pattern(10));
  scratch.create("target");
  const range = { source: scratch.open("source"), from: 0, to: 10, targetPosition: 0 };
  assertFails(await transferRange(libc, { ...range, target: scratch.open("target") }), "EBADF");
  const fallback = withoutSendfile("EINVAL", 22);
  assertFails(
    await transferRange(fallback, { ...range, target: scratch.open("target") }),
    "EBADF",
  );
});

test("transferRange() appends where the transfer before ended", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  scratch.write("source", pattern(10));
  const range = { source: scratch.open("source"), target: scratch.create("target") };
  for (const calls of [libc, withoutSendfile("EINVAL", 22)]) {
    const targetPosition = check(libc.fstat(range.target), "fstat").byteLength;
    await transferRange(calls, { ...range, from: 2, to: 4, targetPosition });
  }
  assert.deepEqual(scratch.read(range.target, 0, 9), [3, 4, 3, 4]);
});

test("transferRange() tells where it is, and ends when it is told to", async () => {
  for (const calls of [libc, withoutSendfile("EINVAL", 22)]) {
    const seen: number[] = [];
    await transfer(calls, 3, LENGTH, (position) => seen.push(position));
    assert.deepEqual([seen[0], seen.at(-1)], [3, LENGTH]);
    assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
    const reason = new Error("enough");
    const ended = transfer(calls, 0, 10, () => {
      throw reason;
    });
    await assert.rejects(ended, reason);
  }
});
