/**
 * An index on a full disk, its syncs, and readers beside a writer.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Errno, type Libc } from "../../../../ffi/mod.ts";
import {
  checkRecords,
  FILE_BYTE_LENGTH,
  indexFixture,
  pathsIn,
  putRecords,
} from "./index_fixture.ts";

/** A libc on whose disk there is room or not. */
function withRoom(libc: Libc, state: { room: boolean; code: string }): Libc {
  return Object.assign(Object.create(libc), {
    fallocate(...args: Parameters<Libc["fallocate"]>) {
      return state.room ? libc.fallocate(...args) : new Errno(state.code, 0, "fallocate");
    },
  });
}

test("MessageIndex.put() keeps keys in memory while the disk is full, and sync() writes them later", async () => {
  const state = { room: true, code: "ENOSPC" };
  await using fixture = await indexFixture(undefined, (libc) => withRoom(libc, state));
  const index = fixture.index();
  putRecords(index, 0, 150);
  state.room = false;
  putRecords(index, 150, 450);
  assert.equal(index.missingFrom, 19_900, "the second key of record 199 found no room");
  assert.equal(fixture.notes.length, 1, "noted once");
  assert.match(fixture.notes[0], /disk is full; make room/);
  assert.equal(pathsIn(fixture).length, 1, "nothing is left of the attempt");
  checkRecords(index, 0, 450);
  assert.equal((await index.sync()).state, "synced");
  assert.equal(index.missingFrom, 19_900);

  state.room = true;
  putRecords(index, 450, 455);
  assert.equal(index.missingFrom, 19_900, "no record overtakes another");
  checkRecords(index, 0, 455);
  assert.equal((await index.sync()).state, "synced");
  assert.equal(index.missingFrom, undefined);
  putRecords(index, 455, 460);
  checkRecords(index, 0, 460);
  checkRecords(fixture.index(), 0, 460);
});

test("MessageIndex.put() leaves no file behind that it could not map", async () => {
  let refusals = 1;
  await using fixture = await indexFixture(undefined, (libc) =>
    Object.assign(Object.create(libc), {
      mmap(...args: Parameters<Libc["mmap"]>) {
        return refusals-- > 0 ? new Errno("ENOMEM", 12, "mmap") : libc.mmap(...args);
      },
    }));
  const index = fixture.index();
  putRecords(index, 0, 1);
  assert.deepEqual(pathsIn(fixture), []);
  assert.match(fixture.notes.join(), /ENOMEM/);
  putRecords(index, 1, 50);
  assert.equal((await index.sync()).state, "synced");
  checkRecords(index, 0, 50);
});

test("MessageIndex.put() writes zeros where blocks cannot be allocated otherwise", async () => {
  await using fixture = await indexFixture(
    undefined,
    (libc) => withRoom(libc, { room: false, code: "EOPNOTSUPP" }),
  );
  const index = fixture.index();
  putRecords(index, 0, 50);
  checkRecords(index, 0, 50);
  const status = statSync(pathsIn(fixture)[0]);
  assert.equal(status.size, FILE_BYTE_LENGTH);
  assert.ok(status.blocks * 512 >= FILE_BYTE_LENGTH);
});

test("MessageIndex.put() does not try what would kill the process", async () => {
  await using fixture = await indexFixture(undefined, (libc) =>
    Object.assign(Object.create(libc), {
      resourceLimit: () => ({ soft: 4096, hard: 4096 }),
      fallocate: () => assert.fail("Cannot allocate: the kernel would send SIGXFSZ"),
    }));
  const index = fixture.index();
  putRecords(index, 0, 50);
  checkRecords(index, 0, 50);
  assert.equal(index.missingFrom, 0);
  assert.match(fixture.notes.join(), /EFBIG/);
});

test("MessageIndex.sync() syncs each file that changed, and the folder when a name is new", async () => {
  const calls: string[] = [];
  await using fixture = await indexFixture(undefined, (libc) =>
    Object.assign(Object.create(libc), {
      msyncAsync(...args: Parameters<Libc["msyncAsync"]>) {
        calls.push("msync");
        return libc.msyncAsync(...args);
      },
      fsyncAsync(descriptor: number) {
        calls.push("fsync");
        return libc.fsyncAsync(descriptor);
      },
    }));
  const index = fixture.index();
  await index.sync();
  assert.deepEqual(calls, []);
  putRecords(index, 0, 450);
  await index.sync();
  assert.deepEqual(calls, ["msync", "msync", "msync", "fsync"], "full ones too");
  await index.sync();
  assert.equal(calls.length, 4);
  putRecords(index, 450, 451);
  await index.sync();
  assert.deepEqual(calls.slice(4), ["msync"]);
});

test("MessageIndex.sync() tells what failed", async () => {
  for (const call of ["msyncAsync", "fsyncAsync"]) {
    const failure = new Errno("EUNKNOWN", 0, call);
    await using fixture = await indexFixture(
      undefined,
      (libc) => Object.assign(Object.create(libc), { [call]: () => Promise.resolve(failure) }),
    );
    const index = fixture.index();
    putRecords(index, 0, 5);
    const result = await index.sync();
    assert.equal(result.state === "failed" && result.failure, failure);
    assert.equal((await index.sync()).state, "failed", "it is still to be done");
  }
});

test("MessageIndex.sync() syncs the folder at the next call if it could not be opened at this one", async () => {
  let isFailing = false;
  let syncCount = 0;
  await using fixture = await indexFixture(undefined, (libc) =>
    Object.assign(Object.create(libc), {
      openat2(...args: Parameters<Libc["openat2"]>) {
        const isFolder = args[1] === "index";
        return isFolder && isFailing ? new Errno("EIO", 5, "openat2") : libc.openat2(...args);
      },
      async fsyncAsync(...args: Parameters<Libc["fsyncAsync"]>) {
        syncCount++;
        return await libc.fsyncAsync(...args);
      },
    }));
  const index = fixture.index();
  putRecords(index, 0, 1);
  isFailing = true;
  await assert.rejects(index.sync(), /EIO/);
  assert.equal(syncCount, 0);
  isFailing = false;
  assert.equal((await index.sync()).state, "synced");
  assert.equal(syncCount, 1);
  assert.equal((await index.sync()).state, "synced");
  assert.equal(syncCount, 1, "Nothing is new");
});

test("MessageIndex.sync() notices a file that somebody took away", async () => {
  const harms: ((path: string) => void)[] = [
    (path) => rmSync(path),
    (path) => truncateSync(path, FILE_BYTE_LENGTH + 4096),
    (path) => {
      writeFileSync(`${path}.new`, readFileSync(path), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
  ];
  for (const harm of harms) {
    await using fixture = await indexFixture();
    const index = fixture.index();
    putRecords(index, 0, 50);
    await index.sync();
    putRecords(index, 50, 60);
    harm(pathsIn(fixture)[0]);
    assert.equal((await index.sync()).state, "lost");
    assert.match(index.damage ?? "", /one of its files is gone/);
    index.removeAll();
    putRecords(index, 0, 60);
    assert.equal((await index.sync()).state, "synced");
    checkRecords(index, 0, 60);
    checkRecords(fixture.index(), 0, 60);
  }
});

test("MessageIndex.removeAll() and close() wait for nothing and harm no sync under way", async () => {
  const [entered, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await using fixture = await indexFixture(undefined, (libc) =>
    Object.assign(Object.create(libc), {
      async msyncAsync(...args: Parameters<Libc["msyncAsync"]>) {
        entered.resolve();
        await gate.promise;
        return await libc.msyncAsync(...args);
      },
    }));
  const index = fixture.index();
  putRecords(index, 0, 450);
  const synced = index.sync();
  await entered.promise;
  index.removeAll();
  putRecords(index, 0, 10);
  const closed = index.close();
  gate.resolve();
  assert.equal((await synced).state, "synced");
  await closed;
  checkRecords(fixture.index(), 0, 10);
});

test("MessageIndex.refresh() drops from memory what the writer has put", async () => {
  await using fixture = await indexFixture();
  const writer = fixture.index();
  putRecords(writer, 0, 100);
  const reader = fixture.index({ readOnly: true });
  putRecords(reader, 100, 300);
  assert.equal(reader.missingFrom, 10_000);
  checkRecords(reader, 0, 300);
  putRecords(writer, 100, 250);
  reader.refresh();
  assert.equal(reader.missingFrom, 24_900, "one record may have more keys to come");
  checkRecords(reader, 0, 300);
  putRecords(writer, 250, 400);
  reader.refresh();
  assert.equal(reader.missingFrom, undefined);
  checkRecords(reader, 0, 400);
  writer.deleteBelow(30_000);
  assert.deepEqual([...reader.find("T", "k300")], [30_000]);
  reader.refresh();
  assert.deepEqual([...reader.find("T", "k5")], []);
});

test("MessageIndex.sync() says that an index must be built anew whose sync has failed once", async () => {
  let isBroken = true;
  await using fixture = await indexFixture(undefined, (libc) =>
    Object.assign(Object.create(libc), {
      msyncAsync: (...args: Parameters<Libc["msyncAsync"]>) =>
        isBroken ? Promise.resolve(new Errno("EIO", 5, "msync")) : libc.msyncAsync(...args),
    }));
  const index = fixture.index();
  putRecords(index, 0, 10);
  assert.equal(index.damage, undefined);
  assert.equal((await index.sync()).state, "failed");
  isBroken = false;
  assert.equal((await index.sync()).state, "synced");
  assert.match(index.damage ?? "", /could not be made durable/);
});

test("MessageIndex.deleteBelow() keeps a file whose last key is where the log starts", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  putRecords(index, 0, 500);
  const [first, second] = index.files();
  index.deleteBelow(first.endPosition);
  assert.deepEqual(index.files()[0], first);
  index.deleteBelow(first.endPosition + 1);
  assert.deepEqual(index.files()[0], second);
  index.deleteBelow(Infinity);
  assert.equal(index.files().length, 1, "The newest one stays");
});
