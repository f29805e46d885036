/**
 * What a list of segments does about somebody else: it maps no sealed segment that he has open for
 * writing, and it sees what he took away however coarse the clock of the file system is.
 *
 * Tests: `segment_file.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { check, failed, type FileStatus, loadLibc } from "../../../ffi/mod.ts";
import { openRoot } from "../../../storage/directory/mod.ts";
import type { Environment } from "../../../storage/environment.ts";
import { openStoreIn, type Store, systemEnvironment } from "../../../storage/mod.ts";
import { SegmentList } from "../../../storage/log/mod.ts";
import {
  GEOMETRY,
  isAsWritten,
  makeTemplate,
  SEGMENT_BYTE_LENGTH,
  TOPIC,
} from "../../../harness/crash/truncation/stored.ts";
import { readProcess } from "../../support/beside_grants.ts";
import { needsLeases } from "../../support/leases.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const libc = await loadLibc();
const FIRST = "commitlog/00000000000000000000";

test(
  "SegmentList.copy() maps no segment that somebody else has open for writing",
  await needsLeases(),
  async () => {
    await using directory = await temporaryDirectory();
    await makeTemplate(directory.path);
    const path = join(directory.path, FIRST);
    const foreign = check(libc.open(path, { flags: libc.constants.O_RDWR }), "open", path);
    const rounds: (() => void)[] = [];
    const real = systemEnvironment(libc);
    const background = (_ms: number, callback: () => void) => {
      rounds.push(callback);
      return { cancel: () => void rounds.splice(0) };
    };
    const environment = { ...real, timers: { ...real.timers, background } };
    await using store = await openStoreIn(environment, directory.path, { readOnly: true });
    await assertReadable(store);
    assert.ok(!isMapped(path), "He could truncate it without waiting");
    assert.equal(store.info.guard, "lease", "The other one is under a lease");
    libc.close(foreign);
    for (let round = 0; round < 10; round++) for (const call of rounds.splice(0)) call();
    await assertReadable(store);
    assert.ok(isMapped(path));
    assert.deepEqual(store.info.notes, [], "That is nothing to speak of");
    const refused = libc.open(path, {
      flags: libc.constants.O_RDWR | libc.constants.O_NONBLOCK,
    });
    assert.ok(failed(refused) && refused.code === "EAGAIN");
  },
);

test("Store.append() sees a segment taken away within one tick of the file system's clock", async () => {
  await using directory = await temporaryDirectory();
  await makeTemplate(directory.path);
  const tick = { ms: 0 };
  const coarse = overrideLibc(libc, {
    statx(descriptor, path) {
      const status = libc.statx(descriptor, path);
      if (path !== "commitlog" || failed(status)) return status;
      tick.ms ||= status.modifiedMs;
      return { ...status, modifiedMs: tick.ms } satisfies FileStatus;
    },
  });
  const real = systemEnvironment(coarse);
  const clock = { ...real.clock, now: () => Math.ceil(tick.ms) + 3 };
  const environment: Environment = { ...real, clock };
  const store = await openStoreIn(environment, directory.path, GEOMETRY);
  await store.append({ topic: TOPIC, body: "before" }, { durability: "committed" });
  rmSync(join(directory.path, FIRST));
  const appended = store.append({ topic: TOPIC, body: "after" }, { durability: "committed" });
  await assert.rejects(appended, { code: "DURABILITY_LOST", reason: "file-replaced" });
  await store.close();
});

async function assertReadable(store: Store): Promise<void> {
  let offset = 0;
  for await (const message of store.queue(TOPIC).read()) {
    assert.ok(isAsWritten(message, offset++));
  }
  assert.equal(offset, store.queue(TOPIC).endOffset);
}

/** Mappings belong to the process, but the path is this test's own. */
function isMapped(path: string): boolean {
  return readProcess("maps").includes(path);
}

/** Runs `work` with a list of segments that nobody writes. */
async function withList(work: (list: SegmentList, first: string) => void): Promise<void> {
  await using directory = await temporaryDirectory();
  await makeTemplate(directory.path);
  const options = { write: false, create: false, trustDirectory: false, note: () => {} };
  const root = openRoot(libc, directory.path, options);
  const { clock } = systemEnvironment(libc);
  const mode = { isMapped: false, leases: undefined, clock };
  const list = new SegmentList(root, SEGMENT_BYTE_LENGTH, mode);
  try {
    list.refresh();
    work(list, join(directory.path, FIRST));
  } finally {
    list.close();
    root.close();
  }
}

test("SegmentList.refresh() leaves the list as it was when a segment has another length", () =>
  withList((list, first) => {
    truncateSync(first, 1000);
    assert.throws(() => list.refresh(), { code: "CORRUPTED", reason: "wrong-length" });
    assert.equal(list.segmentByteLength, SEGMENT_BYTE_LENGTH);
    const [one, other] = [new Uint8Array(100), new Uint8Array(100)];
    assert.ok(list.copy(SEGMENT_BYTE_LENGTH + 500, 100, one, 0));
    list.all[1].read(500, other);
    assert.deepEqual(one, other, "The segments behind it are found where they are");
  }));

test("SegmentList.refresh() reads a segment that was made anew from its new file", () =>
  withList((list, first) => {
    const bytes = () => {
      const target = new Uint8Array(100);
      assert.ok(list.copy(0, 100, target, 0));
      return target;
    };
    const kept = list.all[1];
    const before = bytes();
    writeFileSync(`${first}.new`, new Uint8Array(SEGMENT_BYTE_LENGTH).fill(7), { mode: 0o600 });
    renameSync(`${first}.new`, first);
    assert.deepEqual(bytes(), before, "The file that is open");
    list.refresh();
    assert.deepEqual(bytes(), new Uint8Array(100).fill(7));
    assert.equal(list.all[1], kept, "The others stay open");
  }));
