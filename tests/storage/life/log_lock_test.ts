/**
 * A log has one writer, whichever root it is opened from: as the `commitlog` of a store, or as a
 * log directory of another one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { check, failed, type Libc, loadLibc, quotePath } from "../../../ffi/mod.ts";
import {
  openStore,
  openStoreIn,
  type Store,
  StoreError,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { makeLink } from "../../support/beside_grants.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const OPTIONS = {
  geometry: { segmentByteLength: 8192, queueEntryCount: 100 },
  tuning: { flushIntervalMs: 5 },
};
const TOPIC = "T";
const libc = await loadLibc();

/** A store `plain` with one message, and options with which `other` writes to its log. */
async function makePlain(directory: string) {
  const [plain, other] = ["plain", "other"].map((name) => join(directory, name));
  const log = join(plain, "commitlog");
  await using store = await openStore(plain, OPTIONS);
  await store.append({ topic: TOPIC, body: "first" });
  return { plain, other, log, options: { ...OPTIONS, logDirectories: [log] } };
}

function isLockedByThisProgram(error: unknown): boolean {
  assert.ok(StoreError.is(error, "LOCKED"), String(error));
  assert.equal(error.retryable, false);
  assert.equal(error.processId, libc.processId());
  assert.match(error.message, /this program \(\w.*, since .* UTC\) holds its lock itself/);
  return true;
}

async function assertBodies(store: Store, bodies: string[]): Promise<void> {
  const messages = await store.queue(TOPIC).readBatch();
  assert.deepEqual(messages.map((message) => message.text()), bodies);
}

test("The log of a store that is being written is no log directory of another one, by whatever path", async () => {
  await using directory = await temporaryDirectory();
  const { plain, other, log, options } = await makePlain(directory.path);
  const link = join(directory.path, "link");
  makeLink(log, link);
  {
    await using store = await openStore(plain, OPTIONS);
    for (const name of [log, link]) {
      await assert.rejects(
        openStore(other, { ...OPTIONS, logDirectories: [name] }),
        (error) => isLockedByThisProgram(error) && (error as StoreError<"LOCKED">).path === name,
      );
    }
    assert.deepEqual(readdirSync(log).includes("streambed"), false, "Nothing is made in its log");
    await store.append({ topic: TOPIC, body: "second" });
    await store.flush();
    await assertBodies(store, ["first", "second"]);
  }
  await using store = await openStore(other, options);
  await assertBodies(store, ["first", "second"]);
});

for (const hasLock of [true, false]) {
  test(`A store ${hasLock ? "with" : "without"} a lock file is not written while another one writes its log`, async () => {
    await using directory = await temporaryDirectory();
    const { plain, other, log, options } = await makePlain(directory.path);
    const lock = join(plain, "lock");
    if (!hasLock) rmSync(lock);
    {
      await using store = await openStore(other, options);
      await store.append({ topic: TOPIC, body: "second" });
      await assert.rejects(
        openStore(plain, OPTIONS),
        (error) =>
          isLockedByThisProgram(error) &&
          (error as StoreError<"LOCKED">).path === (hasLock ? plain : log),
      );
      await store.append({ topic: TOPIC, body: "third" });
    }
    for (const file of [lock, join(log, "streambed/lock")]) {
      assert.equal(readFileSync(file, "utf8"), "lock", "It is about nobody any longer");
    }
    await using store = await openStore(plain, OPTIONS);
    await assertBodies(store, ["first", "second", "third"]);
    await assert.rejects(openStore(other, options), isLockedByThisProgram);
  });
}

test("A broker and a store that has its log for a log directory exclude each other", async () => {
  await using directory = await temporaryDirectory();
  const { plain, other, options } = await makePlain(directory.path);
  {
    await using broker = spawnScript("tests/storage/verify/lock_child.ts", [plain, "process"]);
    assert.equal(await broker.nextLine(), "locked");
    await assert.rejects(openStore(other, options), { code: "LOCKED", processId: broker.pid });
    broker.kill();
    await broker.wait();
  }
  await using _store = await openStore(other, options);
  const javas = check(libc.open(join(plain, "lock"), { flags: libc.constants.O_RDWR }), "open");
  const taken = libc.lockRange(javas, "write", 0, 1, "process");
  libc.close(javas);
  assert.ok(failed(taken) && taken.code === "EAGAIN", String(taken));
});

test("A store that is opened in the very moment finds its log taken, or takes it", async () => {
  await using directory = await temporaryDirectory();
  const { plain, other, options } = await makePlain(directory.path);
  await using _store = await openStore(plain, OPTIONS);
  let looks = 0;
  const late = overrideLibc(libc, {
    // Its lock was not there yet at the first look.
    statx: (folder, path) =>
      libc.statx(folder, path === "../lock" && looks++ === 0 ? "../none" : path),
  });
  await assert.rejects(openStoreIn(systemEnvironment(late), other, options), isLockedByThisProgram);
  assert.equal(looks, 2);
});

test("A store's own commitlog may be a log directory, and a file called lock is no store's", async () => {
  await using directory = await temporaryDirectory();
  const { plain, log } = await makePlain(directory.path);
  assert.deepEqual(readdirSync(log), ["0".repeat(20)], "As RocketMQ makes it");
  for (const name of ["commitlog", log]) {
    await using store = await openStore(plain, { ...OPTIONS, logDirectories: [name] });
    await assertBodies(store, ["first"]);
  }
  const [root, disk, more] = ["root", "disk", "more"].map((name) => join(directory.path, name));
  mkdirSync(join(disk, "lock"), { recursive: true });
  mkdirSync(more, { mode: 0o700 });
  writeFileSync(join(more, "lock"), "", { mode: 0o600 });
  const logDirectories = [join(disk, "commitlog"), join(more, "segments")];
  await (await openStore(root, { ...OPTIONS, logDirectories })).close();
  assert.equal(readFileSync(join(more, "lock"), "utf8"), "");
});

test("The lock beside a log directory is taken only where the runtime allows it", async () => {
  await using directory = await temporaryDirectory();
  const { plain, other, options } = await makePlain(directory.path);
  const lock = join(plain, "lock");
  const denied: Libc["denied"] = (access, path) =>
    path === lock ? { remedy: `--allow-${access}=${path}` } : undefined;
  const environment = systemEnvironment(overrideLibc(libc, { denied }));
  await assert.rejects(openStoreIn(environment, other, options), (error) => {
    assert.ok(StoreError.is(error, "PERMISSION_DENIED"), String(error));
    assert.ok(error.message.includes(`--allow-write=${lock}`), quotePath(error.message));
    return true;
  });
  await (await openStore(plain, OPTIONS)).close();
});
