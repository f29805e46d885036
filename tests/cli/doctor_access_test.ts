/**
 * What `streambed doctor` says of reading and writing where the system decides: by trying, and with
 * `--trust-directory` as every other command.
 *
 * Tests: `doctor/process.ts`, `doctor/directory.ts`, `directory/trust.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeDirectory, judgeGuard, judgePermissions } from "../../cli/doctor/mod.ts";
import { Errno, failed, type Libc, loadLibc } from "../../ffi/mod.ts";
import { overrideLibc } from "../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { treeOf } from "../../harness/support/tree.ts";

const libc = await loadLibc();
const { O_TMPFILE } = libc.constants;
const JUDGED = { segmentByteLength: 65_536 };

/** A system that makes no file without a name, for a reason. */
function refusing(code: string): Libc {
  return overrideLibc(libc, {
    open: (path, how) =>
      (how.flags & O_TMPFILE) === O_TMPFILE ? new Errno(code, 0, "open") : libc.open(path, how),
  });
}

/** The files of a user who is not this one, nor root. */
function foreign(): Libc {
  return overrideLibc(libc, {
    effectiveUserId: () => 65_533,
    fstat(descriptor) {
      const status = libc.fstat(descriptor);
      return failed(status) ? status : { ...status, userId: 65_534 };
    },
  });
}

test("judgePermissions() tries, and leaves nothing behind", async () => {
  await using directory = await temporaryDirectory();
  const before = treeOf(directory.path);
  for (const path of [directory.path, `${directory.path}/not/there`]) {
    assert.deepEqual(judgePermissions(libc, path), [
      { name: "permission to read", value: "granted", state: "good" },
      { name: "permission to write", value: "granted", state: "good" },
    ]);
  }
  assert.deepEqual(treeOf(directory.path), before);
});

test("judgePermissions() says what the system refuses, why, and what to change", async () => {
  await using directory = await temporaryDirectory();
  const expected = { EROFS: /mounted read-only/, EACCES: /do not let this user/ };
  for (const [code, why] of Object.entries(expected)) {
    const [read, write] = judgePermissions(refusing(code), directory.path);
    assert.equal(read.state, "good");
    assert.deepEqual([write.value, write.state], ["denied", "bad"]);
    assert.match(write.why!, why);
  }
  const [, unable] = judgePermissions(refusing("EOPNOTSUPP"), directory.path);
  assert.equal(unable.state, "good", "what was not tried is not denied");
});

test("judgeDirectory() trusts what it is told to, and names the option to who only reads", async () => {
  await using directory = await temporaryDirectory();
  const [refused] = judgeDirectory(foreign(), directory.path, JUDGED);
  assert.equal(refused.state, "bad");
  assert.match(
    refused.value,
    /: it belongs to another user; say --trust-directory if its owner is to be trusted, or run as/,
  );
  assert.deepEqual(judgeGuard(foreign(), directory.path), []);
  const [trusted] = judgeDirectory(foreign(), directory.path, { ...JUDGED, trustDirectory: true });
  assert.deepEqual([trusted.name, trusted.state], ["directory", "good"]);
  const [guard] = judgeGuard(foreign(), directory.path, { trustDirectory: true });
  assert.deepEqual([guard.name, guard.value], ["guard", "pread"]);
});
