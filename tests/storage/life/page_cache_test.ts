/**
 * The two ways to write share one page cache and leave the same bytes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { check, loadLibc } from "../../../ffi/mod.ts";
import {
  type Environment,
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { readMappingEntry } from "../../conformance/kernel_facts/smaps.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { byteAt } from "../../../harness/support/mapped_byte.ts";

const SMALL: OpenStoreOptions = {
  geometry: {
    segmentByteLength: 64 * 1024,
    queueEntryCount: 100,
    indexSlotCount: 50,
    indexEntryCount: 200,
  },
};
const WRITE_PATHS = ["staged", "mapped"] as const;
const SEGMENT = "commitlog/00000000000000000000";
const TOKEN = "a text that stands nowhere else";

for (const writePath of WRITE_PATHS) {
  test(`Store.append() is seen through a mapping and by a read of somebody else at once (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.path, { ...SMALL, writePath });
    await store.append({ topic: "T", body: "first" });
    const libc = await loadLibc();
    const path = join(directory.path, SEGMENT);
    const descriptor = check(libc.open(path, { flags: libc.constants.O_RDONLY }), "open", path);
    const mapping = check(libc.mmap(descriptor, 64 * 1024, { write: false }), "map", path);
    const before = store.info.flushedPosition;
    const { position } = await store.append({ topic: "T", body: TOKEN }, {
      durability: "committed",
    });
    assert.equal(store.info.flushedPosition, before, "Nothing was flushed");
    const mapped = new Uint8Array(400);
    mapping.copyOut(position, mapped.length, mapped);
    const read = new Uint8Array(400);
    check(libc.pread(descriptor, read, position), "read", path);
    assert.ok(new TextDecoder().decode(mapped).includes(TOKEN), "The mapping shows it");
    assert.deepEqual(read, mapped, "A read shows the same");
    assert.equal((await store.get(position))!.text(), TOKEN);
    check(libc.munmap(mapping), "unmap");
    libc.close(descriptor);
  });
}

test("A positioned write makes the page of a mapping dirty, and fdatasync makes it clean (staged)", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await store.append({ topic: "T", body: "first" });
  const libc = await loadLibc();
  const path = join(directory.path, SEGMENT);
  const descriptor = check(libc.open(path, { flags: libc.constants.O_RDONLY }), "open", path);
  const mapping = check(libc.mmap(descriptor, 64 * 1024, { write: false }), "map", path);
  await store.append({ topic: "T", body: TOKEN }, { durability: "committed" });
  // The counters know only pages that were touched through the mapping.
  byteAt(mapping, 0);
  const resident = check(libc.mincore(mapping, 0, libc.pageByteLength), "mincore");
  assert.equal(resident[0] & 1, 1, "The page is in the page cache");
  if (store.info.durability !== "none") {
    assert.ok(readMappingEntry(path).dirtyByteLength >= libc.pageByteLength, "It is dirty");
    await store.flush();
    assert.equal(readMappingEntry(path).dirtyByteLength, 0, "It is clean");
  }
  check(libc.munmap(mapping), "unmap");
  libc.close(descriptor);
});

test("A store through a mapping is made durable by anybody's fdatasync (mapped)", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, { ...SMALL, writePath: "mapped" });
  const { position } = await store.append({ topic: "T", body: TOKEN }, { durability: "committed" });
  const path = join(directory.path, SEGMENT);
  assert.ok(readFileSync(path).includes(TOKEN), "A read shows what was stored");
  if (store.info.durability === "none") return;
  assert.ok(readMappingEntry(path).dirtyByteLength > 0, "The page is dirty");
  const libc = await loadLibc();
  const descriptor = check(libc.open(path, { flags: libc.constants.O_RDONLY }), "open", path);
  check(libc.fdatasync(descriptor), "sync", path);
  libc.close(descriptor);
  assert.equal(readMappingEntry(path).dirtyByteLength, 0, "It is clean");
  assert.equal((await store.get(position))!.text(), TOKEN);
});

/** A world whose clock stands still and whose chance is none. */
async function fixedEnvironment(): Promise<Environment> {
  const real = systemEnvironment(await loadLibc());
  return {
    ...real,
    clock: { ...real.clock, now: () => 1_700_000_000_000 },
    random: { bytes: (byteLength) => new Uint8Array(byteLength).fill(7) },
  };
}

async function writeEverything(store: Store): Promise<void> {
  for (let index = 0; index < 200; index++) {
    await store.append({
      topic: index % 3 === 0 ? "A" : "B",
      queueId: index % 4,
      body: `${index} `.padEnd(index * 7 % 1500, "z"),
      tags: `tag${index % 5}`,
      keys: [`k${index % 11}`, "all"],
      properties: { colour: "green" },
    });
  }
  const batch = Array.from(
    { length: 100 },
    (_, index) => ({ topic: "C", body: `${index}`.repeat(99) }),
  );
  await store.appendAll(batch);
  for (let count = 1; count < 60; count += 7) {
    const group = Array.from({ length: count }, (_, index) => {
      return { topic: "G", queueId: index % 2, body: "g".repeat(700) };
    });
    await store.appendAll(group, { atomic: true });
  }
}

/** Every file that RocketMQ reads, by its name. */
function filesOf(path: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const folder of ["commitlog", "consumequeue", "index", "checkpoint"]) {
    const root = join(path, folder);
    const names = statSync(root).isFile()
      ? [""]
      : readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
    for (const name of names) {
      const file = join(root, name);
      if (statSync(file).isFile()) files.set(join(folder, name), readFileSync(file));
    }
  }
  return files;
}

test("openStore() leaves the same bytes on both write paths, given the same clock", async () => {
  const contents: Map<string, Uint8Array>[] = [];
  for (const writePath of WRITE_PATHS) {
    await using directory = await temporaryDirectory();
    const environment = await fixedEnvironment();
    const options = { ...SMALL, writePath, durability: "committed" } as const;
    for (let life = 0; life < 2; life++) {
      await using store = await openStoreIn(environment, directory.path, options);
      await writeEverything(store);
    }
    contents.push(filesOf(directory.path));
  }
  const [staged, mapped] = contents;
  assert.ok(staged.size > 20, "There are segments, queues and index files");
  assert.deepEqual([...mapped.keys()], [...staged.keys()]);
  for (const [name, bytes] of staged) {
    assert.ok(Buffer.compare(bytes, mapped.get(name)!) === 0, `${name} has the same bytes`);
  }
});
