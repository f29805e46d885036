/**
 * What `streambed doctor` says of the guard of a directory: it tries to get a lease and says why
 * there is none.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { judgeGuard, type Verdict } from "../../cli/doctor/mod.ts";
import { check, Errno, failed, type Libc, loadLibc } from "../../ffi/mod.ts";
import { makeTemplate } from "../../harness/crash/truncation/stored.ts";
import { needsLeases } from "../support/leases.ts";
import { onFileSystem } from "../support/file_systems.ts";
import { overrideLibc } from "../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { treeOf } from "../../harness/support/tree.ts";

const libc = await loadLibc();
const NEEDS_LEASES = await needsLeases();
const { O_RDWR, O_NONBLOCK } = libc.constants;

function refusing(code: string): Libc {
  return overrideLibc(libc, { setLease: () => new Errno(code, 0, "fcntl") });
}

function only(verdicts: readonly Verdict[]): Verdict {
  assert.deepEqual(verdicts.map(({ name }) => name), ["guard"]);
  return verdicts[0];
}

test(
  "judgeGuard() gets a lease on a segment, gives it back, and changes nothing",
  NEEDS_LEASES,
  async () => {
    await using directory = await temporaryDirectory();
    await makeTemplate(directory.path);
    const before = treeOf(directory.path);
    assert.deepEqual(only(judgeGuard(libc, directory.path)), {
      name: "guard",
      value: "lease",
      state: "good",
    });
    assert.deepEqual(treeOf(directory.path), before);
    const path = join(directory.path, "commitlog/00000000000000000000");
    libc.close(check(libc.open(path, { flags: O_RDWR | O_NONBLOCK }), "open", path));
  },
);

test(
  "judgeGuard() gets a lease on a file of its own where there is no segment",
  NEEDS_LEASES,
  async () => {
    await using directory = await temporaryDirectory();
    assert.equal(only(judgeGuard(libc, directory.path)).value, "lease");
    assert.deepEqual(treeOf(directory.path), []);
    const mayNotWrite = overrideLibc(libc, {
      denied: (access) =>
        access === "write" ? { access, path: "", remedy: "" } as never : undefined,
    });
    const { value, state } = only(judgeGuard(mayNotWrite, directory.path));
    assert.deepEqual([value, state], ["not tried: no file to try a lease on", "fact"]);
  },
);

test(
  "judgeGuard() does not take a live writer's segment for one without a lease",
  NEEDS_LEASES,
  async () => {
    await using directory = await temporaryDirectory();
    mkdirSync(join(directory.path, "commitlog"));
    const path = join(directory.path, "commitlog/00000000000000000000");
    const how = { flags: O_RDWR | libc.constants.O_CREAT, mode: 0o600 };
    const file = check(libc.open(path, how), "open", path);
    const verdict = only(judgeGuard(libc, directory.path));
    libc.close(file);
    assert.deepEqual(verdict, {
      name: "guard",
      value: "not tried: the segments are open for writing",
      state: "fact",
    });
    assert.equal(only(judgeGuard(libc, directory.path)).value, "lease");
  },
);

test("judgeGuard() says mapping where there is no lease, why, and what to change", async () => {
  await using directory = await temporaryDirectory();
  await makeTemplate(directory.path);
  const expected = [["EINVAL", /\(EINVAL\)|set to give no leases/, /use ext4|leases-enable=1/], [
    "EACCES",
    /only to the owner/,
    /chown/,
  ]] as const;
  for (const [code, why, change] of expected) {
    const verdict = only(judgeGuard(refusing(code), directory.path));
    assert.deepEqual([verdict.value, verdict.state], ["mapping", "fair"]);
    assert.match(verdict.why!, why);
    assert.match(verdict.change!, change);
  }
});

test("judgeGuard() says pread where the directory is not ours alone, and which of three reasons it has", async () => {
  await using directory = await temporaryDirectory();
  await makeTemplate(directory.path);
  const OVERLAY = 0x794c7630;
  assertPread(judgeGuard(onFileSystem(libc, OVERLAY), directory.path), /use ext4/);
  chmodSync(directory.path, 0o770);
  assertPread(judgeGuard(libc, directory.path), /chmod go-w/);
  const uid = libc.effectiveUserId();
  const users = [0, uid + 1];
  const foreign = overrideLibc(libc, {
    effectiveUserId: () => users[0],
    fstat(descriptor) {
      const status = libc.fstat(descriptor);
      return failed(status) ? status : { ...status, userId: users[1] };
    },
  });
  assertPread(judgeGuard(foreign, directory.path), /chown it to the user of the process/);
});

test("judgeGuard() says nothing of a directory that is not there", async () => {
  await using directory = await temporaryDirectory();
  assert.deepEqual(judgeGuard(libc, join(directory.path, "missing")), []);
});

function assertPread(verdicts: readonly Verdict[], change: RegExp): void {
  const verdict = only(verdicts);
  assert.deepEqual([verdict.value, verdict.state], ["pread", "fair"]);
  assert.match(verdict.change!, change);
}
