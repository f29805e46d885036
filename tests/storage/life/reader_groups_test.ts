/**
 * Groups that are read in another process than the writer's: their progress goes into files of its
 * own, and the writer takes it over.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
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
import {
  type HeldClaim,
  innerPortOf,
  openStore,
  openStoreIn,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { isExplained } from "../damage/damaged_store.ts";

const SMALL = {
  geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 },
  tuning: { groupIntervalMs: 20 },
};
/** Nothing is written or looked at by time. */
const SLOW = { ...SMALL, tuning: { groupIntervalMs: 600_000 } };
const CLAIM = { group: "g", topic: "T", queueId: 0 };
const OFFSETS = "config/consumerOffset.json";
const FOLDER = "streambed/groups";

function reading(path: string, options = SMALL): Promise<Store> {
  return openStore(path, { ...options, readOnly: true });
}

function claim(store: Store): HeldClaim {
  return innerPortOf(store).claim(CLAIM);
}

function progress(store: Store): number[] {
  return store.groups().map(({ offset }) => offset);
}

/** What the store's file of progress says of the group; `""` if nothing. */
function told(path: string): string {
  const file = join(path, OFFSETS);
  if (!existsSync(file)) return "";
  return /"T@g":\{\s*0:(\d+)/.exec(readFileSync(file, "utf8"))?.[1] ?? "";
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function filled(path: string): Promise<void> {
  await using store = await openStore(path, SMALL);
  await store.appendAll(Array.from({ length: 50 }, () => ({ topic: "T", body: "x" })));
}

test("A group that a readOnly store reads goes on where it was, and the writer takes it over", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SMALL);
  {
    await using reader = await reading(path);
    const held = claim(reader);
    assert.equal(held.offset, undefined);
    held.done(7);
    await until(() => told(path) === "7");
    held.done(9);
    const row = { ...CLAIM, offset: 9, lagCount: 41, claimedBy: process.pid };
    await until(() => progress(writer)[0] === 9);
    assert.deepEqual([writer.groups(), reader.groups()], [[row], [row]]);
    held.done(10);
    held.release();
    held.done(30);
    await innerPortOf(reader).writeGroups();
    assert.equal(claim(reader).offset, 10, "A claim given back records nothing");
  }
  await using reader = await reading(path);
  assert.equal(claim(reader).offset, 10);
});

test("The next writer takes over what was read while there was none", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  {
    await using reader = await reading(path, SLOW);
    claim(reader).done(8);
  }
  assert.equal(told(path), "");
  {
    await using reader = await reading(path);
    assert.deepEqual(progress(reader), [8]);
  }
  await (await openStore(path, SLOW)).close();
  assert.equal(told(path), "8");
});

test("What the writer has read itself is where a reader goes on, before it is written, and back", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SLOW);
  await using reader = await reading(path, SLOW);
  for (let next = 1; next <= 6; next += 2) {
    const own = claim(writer);
    assert.equal(own.offset ?? 0, next - 1);
    own.done(next);
    own.release();
    const other = claim(reader);
    assert.equal(other.offset, next);
    other.done(next + 1);
    other.release();
  }
  assert.deepEqual([progress(writer), progress(reader), told(path)], [[6], [6], ""]);
  await writer.flush();
  assert.equal(told(path), "6");
});

test("A group is read once at a time, and the error says by whom", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SMALL);
  await using reader = await reading(path);
  const held = claim(reader);
  const own = { code: "GROUP_BUSY", reason: "this-process", processId: process.pid };
  for (const store of [writer, reader]) {
    assert.throws(() => claim(store), (error) => isExplained(error, own));
    await assert.rejects(store.moveGroup("g", { topic: "T", queueId: 0, offset: 1 }), own);
  }
  innerPortOf(writer).claim({ ...CLAIM, queueId: 1 }).release();
  innerPortOf(writer).claim({ ...CLAIM, group: "other" }).release();
  held.release();
  held.release();
  claim(writer).release();
});

test("A killed process gives its group back, and nothing that it had written is lost", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SLOW);
  {
    await using child = spawnScript("tests/runtime/claim_child.ts", [path, "g", "T", "12"]);
    assert.equal(await child.nextLine(), "undefined");
    const busy = { code: "GROUP_BUSY", reason: "other-process", processId: child.pid };
    assert.throws(() => claim(writer), (error) => isExplained(error, busy));
    assert.throws(() => claim(writer), /process \d+ \(.* UTC\) reads it as the group already/);
    assert.equal(writer.groups()[0].claimedBy, child.pid);
  }
  const row = { ...CLAIM, offset: 12, lagCount: 38, claimedBy: undefined };
  assert.deepEqual(writer.groups(), [row]);
  assert.equal(claim(writer).offset, 12);
});

test("Store.moveGroup() of a readOnly store moves a group back and forth", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await using writer = await openStore(path, SLOW);
  await using reader = await reading(path, SLOW);
  for (const offset of [9, 3, 5]) {
    await reader.moveGroup("g", { topic: "T", queueId: 0, offset });
    assert.deepEqual([progress(writer), progress(reader)], [[offset], [offset]]);
    await writer.flush();
    assert.equal(told(path), `${offset}`);
  }
  for (const offset of [40, 2, 4]) {
    await writer.moveGroup("g", { topic: "T", queueId: 0, offset });
    assert.equal(told(path), `${offset}`);
    assert.deepEqual(progress(reader), [offset]);
    const held = claim(reader);
    assert.equal(held.offset, offset);
    held.release();
  }
});

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

test("A group that a broker has moved or removed meanwhile goes on there", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await filled(path);
  await (await openStore(path, SMALL)).close();
  for (const [ours, theirs] of [[10, 20], [25, 15], [30, undefined]] as const) {
    {
      await using writer = await openStore(path, SMALL);
      await using reader = await reading(path);
      await reader.moveGroup("g", { topic: "T", queueId: 0, offset: ours });
      await writer.flush();
    }
    const table = theirs === undefined ? "{}" : `{"T@g":{0:${theirs}}}`;
    writeFileSync(join(path, OFFSETS), `{"offsetTable":${table}}`);
    {
      await using reader = await reading(path);
      assert.deepEqual(progress(reader), theirs === undefined ? [] : [theirs]);
      assert.equal(claim(reader).offset, theirs);
    }
    await using writer = await openStore(path, SMALL);
    assert.deepEqual(progress(writer), theirs === undefined ? [] : [theirs]);
    assert.equal(claim(writer).offset, theirs);
  }
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
