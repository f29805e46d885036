/**
 * A log whose front is missing is never taken for one that retention has cut.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { restoreBackup } from "../../../storage/backup/mod.ts";
import {
  decodeMetaSlot,
  encodeMetaSlot,
  META_SLOT_BYTE_LENGTH,
  META_TRACE,
  type StreambedMeta,
} from "../../../storage/layout/mod.ts";
import {
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { runCli } from "../../cli/cli_child.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { contentOf } from "../../../harness/support/tree.ts";
import { until } from "../../support/until.ts";

const libc = await loadLibc();
const environment = systemEnvironment(libc);
const SEGMENT = 64 * 1024;
const COUNT = 250;
const OPTIONS: OpenStoreOptions = {
  geometry: {
    segmentByteLength: SEGMENT,
    queueEntryCount: 100,
    indexSlotCount: 100,
    indexEntryCount: 400,
  },
  tuning: { flushIntervalMs: 1 },
};
const RETENTION = { retention: { maxByteLength: 2 * SEGMENT } };
const MISSING =
  /not all of the log: it starts at 131072, and "streambed\/meta" says that it starts at 0; bring the segments before that back, .*logDirectories; if they are lost, streambed rebuild goes on without them/;

async function fill(store: Store, count = COUNT): Promise<void> {
  const body = "x".repeat(900);
  await store.appendAll(
    Array.from({ length: count }, (_, at) => ({ topic: "T", keys: `k${at}`, body })),
  );
}

/** A store of several segments, of which a copy may be that of a writer that was killed. */
async function makeStore(path: string, ending: "closed" | "killed"): Promise<string> {
  const root = join(path, "store");
  const killed = join(path, "killed");
  await using store = await openStore(root, OPTIONS);
  await fill(store);
  await store.flush();
  if (ending === "closed") return root;
  cpSync(root, killed, { recursive: true, preserveTimestamps: true });
  return killed;
}

function segmentsOf(root: string): string[] {
  return readdirSync(join(root, "commitlog")).filter((name) => /^[0-9]{20}$/.test(name)).sort();
}

/** Moves the first two segments away, and gives what moves them back. */
function moveAway(root: string): () => void {
  const names = segmentsOf(root).slice(0, 2);
  mkdirSync(`${root}.away`, { mode: 0o700 });
  for (const name of names) renameSync(join(root, "commitlog", name), join(`${root}.away`, name));
  return () => {
    for (const name of names) renameSync(join(`${root}.away`, name), join(root, "commitlog", name));
  };
}

async function assertRefused(root: string, expected: RegExp = MISSING, options = {}) {
  const before = contentButLock(root);
  await assert.rejects(openStore(root, options), (error: Error & { code?: string }) => {
    assert.equal(error.code, "UNSUPPORTED_FORMAT", error.message);
    assert.match(error.message, expected);
    return true;
  });
  assert.deepEqual(contentButLock(root), before, "Nothing was changed");
}

/** The lock says who had it last. */
function contentButLock(root: string): string[] {
  return contentOf(root, (path) => path === "lock");
}

async function assertWhole(root: string, options: OpenStoreOptions = {}): Promise<void> {
  await using store = await openStore(root, options);
  assert.deepEqual(store.info.notes, []);
  const { earliestOffset, endOffset } = store.queue("T");
  assert.deepEqual([earliestOffset, endOffset], [0, COUNT]);
  const found: number[] = [];
  for await (const { offset } of store.find("T", "k3")) found.push(offset);
  assert.deepEqual(found, [3]);
}

for (const ending of ["closed", "killed"] as const) {
  test(`openStore() refuses to write a log whose front is missing, and changes nothing: ${ending}`, async () => {
    await using directory = await temporaryDirectory();
    const root = await makeStore(directory.path, ending);
    const moveBack = moveAway(root);
    await assertRefused(root);
    {
      await using reader = await openStore(root, { readOnly: true });
      const notes = reader.info.notes.filter((note) => MISSING.test(note));
      assert.equal(notes.length, 1);
      assert.match(notes[0], /^The log is not whole: /);
      assert.equal(reader.queue("T").endOffset, COUNT);
    }
    const { verdict, findings } = await verifyStore(environment, root);
    assert.equal(verdict, "damaged");
    const told = findings.filter(({ severity }) => severity === "damage");
    assert.deepEqual(told.map(({ area }) => area), ["streambed"]);
    assert.match(told[0].text, MISSING);
    moveBack();
    await assertWhole(root, { readOnly: true });
    await assertWhole(root);
    assert.deepEqual((await verifyStore(environment, root)).findings, []);
  });
}

test("openStore() refuses a log of which one directory is empty, as a mount point is", async () => {
  await using directory = await temporaryDirectory();
  const [root, first, second] = ["store", "first", "second"].map((name) =>
    join(directory.path, name)
  );
  const logDirectories = [first, second];
  {
    await using store = await openStore(root, { ...OPTIONS, logDirectories });
    await fill(store);
  }
  // Any segment may lie in any directory.
  for (const name of readdirSync(second).filter((name) => /^0*131072$|^0*[0-9]{5}$/.test(name))) {
    renameSync(join(second, name), join(first, name));
  }
  for (
    const name of readdirSync(first).filter((name) => /^[0-9]{20}$/.test(name)).sort().slice(2)
  ) {
    renameSync(join(first, name), join(second, name));
  }
  renameSync(first, `${first}.unmounted`);
  mkdirSync(first, { mode: 0o700 });
  await assertRefused(root, MISSING, { logDirectories });
  rmSync(first, { recursive: true });
  renameSync(`${first}.unmounted`, first);
  await assertWhole(root, { logDirectories });
});

test("streambed rebuild goes on without the front, and what comes back later is read again", async () => {
  await using directory = await temporaryDirectory();
  const root = await makeStore(directory.path, "closed");
  const moveBack = moveAway(root);
  const { code, err } = await runCli(["--dir", root, "rebuild"]);
  assert.equal(code, 0, err);
  assert.match(err, /the log from position 0 to 131072 is not there and is given up/);
  assert.deepEqual((await verifyStore(environment, root)).findings, []);
  {
    await using store = await openStore(root);
    assert.deepEqual(store.info.notes, []);
    assert.ok(store.queue("T").earliestOffset > 0);
  }
  moveBack();
  await assertWhole(root, { readOnly: true });
  await assertWhole(root);
  assert.deepEqual((await verifyStore(environment, root)).findings, []);
});

test("retention says where the log starts before it deletes, whenever the process is killed", async () => {
  await using directory = await temporaryDirectory();
  const root = join(directory.path, "store");
  const copies: { readonly name: string; readonly count: number }[] = [];
  // Retention may begin before all is appended.
  let count = () => COUNT;
  const copy = () => {
    const name = join(directory.path, `killed-${copies.length}`);
    cpSync(root, name, { recursive: true, preserveTimestamps: true });
    copies.push({ name, count: count() });
  };
  const watched = systemEnvironment(overrideLibc(libc, {
    unlinkat(folder, path) {
      const isDeleted = /^[0-9]{20}$/.test(path);
      if (isDeleted) copy();
      const done = libc.unlinkat(folder, path);
      if (isDeleted) copy();
      return done;
    },
  }));
  {
    await using store = await openStoreIn(watched, root, { ...OPTIONS, ...RETENTION });
    count = () => store.queue("T").endOffset;
    await fill(store);
    await until(() => store.info.earliestPosition >= 2 * SEGMENT);
    copy();
    count = () => COUNT;
  }
  copy();
  assert.ok(copies.length >= 6, `${copies.length}`);
  for (const { name, count } of copies) {
    for (const options of [{ readOnly: true }, {}]) {
      await using store = await openStore(name, options);
      assert.deepEqual(store.info.notes, [], name);
      const { earliestOffset, endOffset } = store.queue("T");
      assert.equal(endOffset, count);
      const seen: number[] = [];
      for await (const { offset } of store.queue("T").read({ from: "earliest" })) seen.push(offset);
      assert.deepEqual(
        seen,
        Array.from({ length: endOffset - earliestOffset }, (_, at) => earliestOffset + at),
      );
    }
    assert.deepEqual((await verifyStore(environment, name)).findings, []);
  }
});

test("openStore() reads beside retention that deletes between its looks, and misses nothing", async () => {
  await using directory = await temporaryDirectory();
  const root = await makeStore(directory.path, "closed");
  const later = join(directory.path, "later");
  cpSync(root, later, { recursive: true });
  {
    await using store = await openStore(later, { ...OPTIONS, ...RETENTION });
    await store.append({ topic: "U", body: "" });
    await until(() => store.info.earliestPosition > 0);
  }
  const kept = segmentsOf(later);
  let isDone = false;
  const reading = systemEnvironment(overrideLibc(libc, {
    openat2(folder, path, how) {
      if (path === "commitlog" && !isDone) {
        isDone = true;
        copyFileSync(join(later, "streambed/meta"), join(root, "streambed/meta"));
        for (const name of segmentsOf(root)) {
          if (!kept.includes(name)) rmSync(join(root, "commitlog", name));
        }
      }
      return libc.openat2(folder, path, how);
    },
  }));
  await using reader = await openStoreIn(reading, root, { readOnly: true });
  assert.ok(isDone && reader.info.earliestPosition > 0);
  assert.deepEqual(reader.info.notes.filter((note) => /not whole/.test(note)), []);
});

test("restoreBackup() makes a store whose log may start anywhere, and is known to from its first writer on", async () => {
  await using directory = await temporaryDirectory();
  const root = join(directory.path, "store");
  const [file, restored] = ["backup", "restored"].map((name) => join(directory.path, name));
  {
    await using store = await openStore(root, { ...OPTIONS, ...RETENTION });
    await fill(store);
    await until(() => store.info.earliestPosition >= SEGMENT);
    await store.backup(file);
  }
  await restoreBackup(environment, file, restored);
  for (const options of [{ readOnly: true }, {}]) {
    await using store = await openStore(restored, options);
    assert.deepEqual(store.info.notes, []);
    assert.ok(store.info.earliestPosition > 0);
  }
  const first = segmentsOf(restored)[0];
  renameSync(join(restored, "commitlog", first), join(directory.path, first));
  await assertRefused(restored, new RegExp(`says that it starts at ${Number(first)}`));
});

/** Writes the newest slot of `streambed/meta` anew. */
function changeMeta(root: string, change: (meta: StreambedMeta, slot: Uint8Array) => void): void {
  const path = join(root, "streambed/meta");
  const bytes = readFileSync(path);
  for (const at of [0, META_SLOT_BYTE_LENGTH]) {
    const slot = bytes.subarray(at, at + META_SLOT_BYTE_LENGTH);
    const meta = decodeMetaSlot(slot);
    if (meta !== undefined) change(meta, slot);
  }
  writeFileSync(path, bytes);
}

/**
 * What says that a broker may have had the directory, or that nobody knows where the log started.
 */
const UNKNOWN: Readonly<Record<string, (root: string) => void>> = {
  "a broker's marker": (root) => writeFileSync(join(root, "abort"), "4711", { mode: 0o600 }),
  "a store checkpoint that is newer": (root) => {
    const later = Date.now() / 1000 + 10;
    utimesSync(join(root, "checkpoint"), later, later);
  },
  "a record behind the end that we left": (root) => {
    const last = segmentsOf(root).at(-1)!;
    const path = join(root, "commitlog", last);
    const bytes = readFileSync(path);
    const slots: StreambedMeta[] = [];
    changeMeta(root, (meta) => slots.push(meta));
    const { mark } = slots.sort((a, b) => b.generation - a.generation)[0];
    // A whole record again: the first one, with its place.
    const record = Uint8Array.from(bytes.subarray(0, bytes.readInt32BE(0)));
    new DataView(record.buffer).setBigInt64(28, BigInt(mark));
    bytes.set(record, mark - Number(last));
    writeFileSync(path, bytes);
  },
  "the end of a writer that a broker took over from": (root) =>
    changeMeta(root, (meta, slot) => slot.set(encodeMetaSlot({ ...meta, state: "open" }))),
  "a release that does not know it": (root) =>
    changeMeta(root, (_, slot) => slot.fill(0, slot.length - META_TRACE.byteLength)),
  "a trace that is damaged": (root) =>
    changeMeta(root, (_, slot) => void (slot[slot.length - META_TRACE.byteLength + 15] ^= 1)),
  "a trace of another writing": (root) =>
    changeMeta(root, (meta, slot) => {
      const other = encodeMetaSlot({ ...meta, generation: meta.generation + 2 });
      slot.set(other.subarray(-META_TRACE.byteLength), slot.length - META_TRACE.byteLength);
    }),
  "no streambed/": (root) => rmSync(join(root, "streambed"), { recursive: true }),
};

for (const [what, change] of Object.entries(UNKNOWN)) {
  test(`openStore() does not miss the front of a log after ${what}`, async () => {
    await using directory = await temporaryDirectory();
    const root = await makeStore(directory.path, "closed");
    change(root);
    moveAway(root);
    for (const options of [{ readOnly: true }, {}, {}]) {
      await using store = await openStore(root, options);
      assert.deepEqual(store.info.notes.filter((note) => /not whole/.test(note)), []);
      assert.equal(store.info.earliestPosition, 2 * SEGMENT);
    }
    // From now on it is known.
    renameSync(
      join(root, "commitlog", segmentsOf(root)[0]),
      join(directory.path, "away"),
    );
    await assertRefused(
      root,
      /starts at 196608, and "streambed\/meta" says that it starts at 131072/,
    );
  });
}

test("openStore() knows where a log starts that has no segment left", async () => {
  await using directory = await temporaryDirectory();
  const root = join(directory.path, "store");
  {
    await using store = await openStore(root, { ...OPTIONS, ...RETENTION });
    await fill(store);
    await until(() => store.info.earliestPosition >= 2 * SEGMENT);
  }
  // As after a power cut that left nothing of what came after the mark.
  const [first, ...others] = segmentsOf(root);
  const mark = Number(first);
  for (const name of others) rmSync(join(root, "commitlog", name));
  writeFileSync(join(root, "commitlog", first), new Uint8Array(SEGMENT));
  for (const name of ["consumequeue", "index", "checkpoint", "streambed/tables"]) {
    rmSync(join(root, name), { recursive: true });
  }
  const ranges = [{ from: 0, to: mark }];
  changeMeta(
    root,
    (meta, slot) => slot.set(encodeMetaSlot({ ...meta, mark, dispatched: mark, ranges })),
  );
  for (let round = 0; round < 3; round++) {
    await using store = await openStore(root);
    assert.deepEqual(store.info.notes, []);
    if (round > 0) {
      const { position } = await store.append({ topic: "T", body: "" });
      assert.ok(position >= mark);
    }
  }
  assert.equal(segmentsOf(root)[0], first);
});
