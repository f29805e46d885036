/**
 * Groups that are read in another process than the writer's, where files, folders and claims are
 * not what they should be, or fail.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  closeSync,
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Errno, loadLibc } from "../../../ffi/mod.ts";
import {
  CLAIM_AT,
  CLAIM_BYTE_LENGTH,
  claimFileName,
  decodeClaim,
  encodeClaimHead,
  encodeClaimSlot,
} from "../../../storage/layout/mod.ts";
import { innerPortOf, openStore, openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

import {
  CLAIM,
  claim,
  filled,
  FOLDER,
  progress,
  reading,
  SLOW,
  SMALL,
  told,
} from "./claimed_store.ts";

test("A claim of the writer that goes back is not taken forth again", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "store");
  const killed = join(directory.path, "killed");
  await filled(path);
  await using writer = await openStore(path, SLOW);
  await using reader = await reading(path, SLOW);
  for (const offset of [3, 20]) {
    await reader.moveGroup("g", { topic: "T", queueId: 0, offset });
  }
  claim(writer).done(5);
  await writer.flush();
  cpSync(path, killed, { recursive: true });
  await using copy = await reading(killed);
  assert.deepEqual(progress(copy), [5]);
});

test("A claim that goes back is not taken for a broker's, though the writer dies before it notes that", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  const libc = await loadLibc();
  let isDead = false;
  const environment = systemEnvironment(overrideLibc(libc, {
    pwrite: (descriptor, bytes, position) =>
      isDead && position === CLAIM_AT.note
        ? new Errno("EIO", 5, "pwrite")
        : libc.pwrite(descriptor, bytes, position),
  }));
  await using writer = await openStoreIn(environment, path, SLOW);
  await using reader = await reading(path, SLOW);
  const held = claim(reader);
  for (const next of [20, 5]) {
    held.done(next);
    await innerPortOf(reader).writeGroups();
    await writer.flush();
    assert.equal(told(path), `${next}`);
    isDead = true;
  }
  held.done(8);
  await innerPortOf(reader).writeGroups();
  assert.deepEqual(progress(reader), [8]);
});

test("A reader's progress that cannot be made durable is told by who waits for it", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  const libc = await loadLibc();
  let isBroken = true;
  const environment = systemEnvironment(overrideLibc(libc, {
    fdatasyncAsync: (descriptor) =>
      isBroken
        ? Promise.resolve(new Errno("EIO", 5, "fdatasync"))
        : libc.fdatasyncAsync(descriptor),
  }));
  const reader = await openStoreIn(environment, path, { ...SLOW, readOnly: true });
  claim(reader).done(5);
  await assert.rejects(innerPortOf(reader).writeGroups(), { code: "SYSTEM", errno: "EIO" });
  isBroken = false;
  await innerPortOf(reader).writeGroups();
  isBroken = true;
  const held = innerPortOf(reader).claim({ ...CLAIM, queueId: 1 });
  held.done(6);
  held.release();
  await assert.rejects(reader.close(), { code: "SYSTEM", errno: "EIO" });
  await using again = await reading(path);
  assert.deepEqual(progress(again), [5, 6], "Without a power cut all of it is there");
});

test("Files in the folder of the claims that are not sound hold up nothing else", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  {
    await using reader = await reading(path);
    claim(reader).done(11);
  }
  const name = claimFileName(CLAIM);
  assert.deepEqual(readdirSync(join(path, FOLDER)), [name]);
  const file = readFileSync(join(path, FOLDER, name));
  const { at, bytes } = encodeClaimSlot({
    sequence: 10,
    since: 1,
    lowest: 0,
    highest: 40,
    next: 40,
  });
  const other = Uint8Array.from(file);
  other.set(bytes, at);
  writeFileSync(join(path, FOLDER, "1".repeat(16)), other);
  writeFileSync(join(path, FOLDER, "2".repeat(16)), "");
  writeFileSync(join(path, FOLDER, "notes.txt"), "mine");
  writeFileSync(join(path, FOLDER, "3".repeat(16)), file);
  chmodSync(join(path, FOLDER, "3".repeat(16)), 0o666);
  // Half of a slot, as a power cut may leave it.
  file.set(bytes.subarray(0, 20), at);
  writeFileSync(join(path, FOLDER, name), file);
  await using writer = await openStore(path, SMALL);
  assert.deepEqual(progress(writer), [11]);
  assert.match(writer.info.notes.join("\n"), /Progress of a group is not taken over: .*3333/);
});

test("A claim whose slots are lost goes on where the store's own file is", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  for (const offset of [1, 3]) {
    await using writer = await openStore(path, SLOW);
    await writer.moveGroup("g", { topic: "T", queueId: 0, offset });
  }
  const file = join(path, FOLDER, claimFileName(CLAIM));
  for (const at of CLAIM_AT.slots) {
    const bytes = readFileSync(file);
    bytes[at]++;
    writeFileSync(file, bytes);
    await using reader = await reading(path, SLOW);
    assert.deepEqual(progress(reader), [3]);
  }
  await using writer = await openStore(path, SLOW);
  await using reader = await reading(path, SLOW);
  await reader.moveGroup("g", { topic: "T", queueId: 0, offset: 7 });
  assert.deepEqual(progress(writer), [7]);
  await writer.flush();
  const { slot, note } = decodeClaim(readFileSync(file))!;
  assert.deepEqual([note?.sequence, note?.offset], [slot?.sequence, 7]);
});

test("A reader writes into no folder that a writer would refuse", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  chmodSync(join(path, FOLDER), 0o770);
  await using reader = await reading(path, SLOW);
  const to = { topic: "T", queueId: 0, offset: 3 };
  await assert.rejects(reader.moveGroup("g", to), { code: "UNSAFE_DIRECTORY" });
  assert.deepEqual(readdirSync(join(path, FOLDER)), []);
});

test("A claim that outlives its store writes into no file that has its descriptor since", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "store");
  await filled(path);
  for (const readOnly of [true, false]) {
    const store = await openStore(path, { ...SLOW, readOnly });
    await store.moveGroup("g", { topic: "T", queueId: 0, offset: 9 });
    const held = claim(store);
    await store.close();
    const others = Array.from({ length: 40 }, (_, at) => {
      const file = join(directory.path, `${readOnly} ${at}`);
      return { file, descriptor: openSync(file, "w") };
    });
    held.done(3);
    held.release();
    for (const { file, descriptor } of others) {
      closeSync(descriptor);
      assert.equal(statSync(file).size, 0);
    }
  }
});

test("A writer follows groups again after their folder was removed", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SLOW);
  await using reader = await reading(path, SLOW);
  await reader.moveGroup("g", { topic: "T", queueId: 0, offset: 9 });
  await writer.flush();
  rmSync(join(path, FOLDER), { recursive: true });
  assert.deepEqual(progress(writer), [9]);
  await reader.moveGroup("g", { topic: "T", queueId: 0, offset: 12 });
  assert.deepEqual(progress(writer), [12]);
  assert.match(writer.info.notes.join("\n"), /Folder streambed\/groups was removed/);
});

test("A file that has the name of a claim, and another claim in it, is made anew", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  const bytes = new Uint8Array(CLAIM_BYTE_LENGTH);
  bytes.set(encodeClaimHead({ ...CLAIM, group: "other" }));
  const slot = encodeClaimSlot({ sequence: 9, since: 1, lowest: 0, highest: 40, next: 40 });
  bytes.set(slot.bytes, slot.at);
  writeFileSync(join(path, FOLDER, claimFileName(CLAIM)), bytes, { mode: 0o600 });
  await using reader = await reading(path);
  assert.deepEqual(progress(reader), []);
  const held = claim(reader);
  assert.equal(held.offset, undefined);
  held.done(3);
  held.release();
  assert.equal(claim(reader).offset, 3);
});

test("A directory without the folder gets it from the reader", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  rmSync(join(path, "streambed"), { recursive: true });
  await using reader = await reading(path);
  claim(reader).done(4);
  await innerPortOf(reader).writeGroups();
  assert.equal(readdirSync(join(path, FOLDER)).length, 1);
});
