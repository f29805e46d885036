/**
 * Stores whose segments lie in directories of their own: RocketMQ's `storePathCommitLog`, one or
 * several.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Libc, loadLibc } from "../../../ffi/mod.ts";
import { restoreBackup } from "../../../storage/backup/mod.ts";
import {
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { goldenGeometry, openGolden, settleDelays } from "../../support/golden.ts";
import { overrideLibc, rememberOpens } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { copyTree } from "../../../harness/support/tree.ts";

const SEGMENT = 8192;
const OPTIONS = {
  geometry: { segmentByteLength: SEGMENT, queueEntryCount: 100 },
  tuning: { flushIntervalMs: 5 },
};
const BODY = "x".repeat(500);
const TOPIC = "T";

async function environmentOf(libc?: Libc) {
  return systemEnvironment(libc ?? await loadLibc());
}

async function fill(store: Store, count: number): Promise<void> {
  await store.appendAll(
    Array.from({ length: count }, () => ({ topic: TOPIC, body: BODY, keys: "k" })),
  );
}

/** Positions of the segments in a directory. */
function segmentsIn(path: string): number[] {
  return readdirSync(path).filter((name) => /^[0-9]{20}$/.test(name)).map(Number).sort((a, b) =>
    a - b
  );
}

for (const writePath of ["staged", "mapped"] as const) {
  test(`openStore() goes round its log directories as a broker does (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    const root = join(path, "root");
    // RocketMQ goes by the order of their paths, whatever order they are named in.
    const logDirectories = [join(path, "z"), "b", "a"];
    const options: OpenStoreOptions = { ...OPTIONS, writePath, logDirectories };
    const places = [join(root, "a"), join(root, "b"), join(path, "z")];
    {
      await using store = await openStore(root, options);
      await fill(store, 60);
      assert.equal(store.info.segmentCount, 5);
    }
    assert.deepEqual(
      places.map(segmentsIn),
      [[0, 3], [1, 4], [2]].map((of) => of.map((n) => n * SEGMENT)),
    );
    assert.deepEqual(readdirSync(root).includes("commitlog"), false);
    {
      await using store = await openStore(root, options);
      await using reader = await openStore(root, { ...options, readOnly: true });
      const iterator = reader.queue(TOPIC).read({ follow: true, limit: 90 })
        [Symbol.asyncIterator]();
      const seen = (async () => {
        const offsets: number[] = [];
        for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
          offsets.push(next.value.offset);
        }
        return offsets;
      })();
      for (let index = 0; index < 30; index++) await store.append({ topic: TOPIC, body: BODY });
      assert.deepEqual(await seen, Array.from({ length: 90 }, (_, offset) => offset));
      assert.equal((await Array.fromAsync(store.find(TOPIC, "k"))).length, 60);
    }
    assert.deepEqual(places.map((place) => segmentsIn(place).length), [3, 2, 2]);
    assert.deepEqual(places.map((place) => readdirSync(join(place, "streambed"))), [["lock"], [
      "lock",
    ], ["lock"]]);
    const report = await verifyStore(await environmentOf(), root, { logDirectories });
    assert.deepEqual([report.verdict, report.findings], ["sound", []]);
  });
}

test("openStore() goes on where a broker spread its log, and without its directories refuses to", async () => {
  await using golden = await openGolden("multi-5.3.3");
  settleDelays(golden);
  const { root, manifest } = golden;
  const logDirectories = ["ca", "cb"];
  for (const name of logDirectories) mkdirSync(join(root, name), { mode: 0o700 });
  const names = readdirSync(join(root, "commitlog")).sort();
  names.forEach((name, index) => {
    renameSync(join(root, "commitlog", name), join(root, logDirectories[index % 2], name));
  });
  rmSync(join(root, "commitlog"), { recursive: true });
  for (const wrong of [undefined, ["cc"], ["ca"], ["cb"]]) {
    const options = wrong === undefined ? {} : { logDirectories: wrong };
    await assert.rejects(
      openStore(root, { ...options, create: false }),
      (error: { code?: string }) =>
        ["UNSUPPORTED_FORMAT", "CORRUPTED", "NOT_FOUND"].includes(error.code ?? ""),
    );
  }
  const options = { logDirectories, geometry: goldenGeometry(manifest) };
  const counts: number[] = [];
  for (const readOnly of [true, false, true]) {
    await using store = await openStore(root, { ...options, readOnly });
    const queues = store.topics().flatMap((topic) => topic.queues);
    counts.push(
      queues.reduce((sum, { earliestOffset, endOffset }) => sum + endOffset - earliestOffset, 0),
    );
    assert.deepEqual(store.info.notes, []);
    if (!readOnly) await store.append({ topic: "TopicA", body: "on" });
  }
  assert.ok(counts[0] > 0);
  assert.deepEqual(counts, [counts[0], counts[0], counts[0] + 1]);
});

test("openStore() takes commitlog for one of several directories", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  {
    await using store = await openStore(path, OPTIONS);
    await fill(store, 20);
  }
  mkdirSync(join(path, "more"), { mode: 0o700 });
  await assert.rejects(openStore(path, { ...OPTIONS, logDirectories: ["more"] }), {
    code: "UNSUPPORTED_FORMAT",
    path: "commitlog",
  });
  {
    await using store = await openStore(path, {
      ...OPTIONS,
      logDirectories: ["more", "commitlog"],
    });
    await fill(store, 40);
    assert.equal((await store.queue(TOPIC).readBatch()).length, 60);
  }
  assert.deepEqual(segmentsIn(join(path, "more")), [3 * SEGMENT]);
  await assert.rejects(openStore(path, OPTIONS), (error: Error & { code?: string }) => {
    assert.match(error.message, /logDirectories/);
    return error.code === "CORRUPTED" || error.code === "UNSUPPORTED_FORMAT";
  });
});

test("openStore() refuses log directories that are none, or one twice", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  for (const wrong of [[], "a", [""], ["a\0"], [1], ["a", "./a"]]) {
    const options = { logDirectories: wrong as string[] };
    await assert.rejects(openStore(path, options), TypeError, JSON.stringify(wrong));
  }
  writeFileSync(join(path, "file"), "", { mode: 0o600 });
  await assert.rejects(openStore(path, { logDirectories: ["file"] }), {
    reason: "not-a-directory",
  });
  mkdirSync(join(path, "a"));
  chmodSync(join(path, "a"), 0o777);
  await assert.rejects(openStore(path, { logDirectories: ["a"] }), { reason: "world-writable" });
});

test("openStore() refuses a segment that lies in two log directories", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const options = { ...OPTIONS, logDirectories: ["a", "b"] };
  {
    await using store = await openStore(path, options);
    await fill(store, 20);
  }
  const name = "0".repeat(20);
  writeFileSync(join(path, "b", name), readFileSync(join(path, "a", name)), { mode: 0o600 });
  await assert.rejects(openStore(path, options), { code: "CORRUPTED", reason: "foreign-file" });
});

test("openStore() keeps others away from its log directories, whatever root they come from", async () => {
  await using directory = await temporaryDirectory();
  const [one, other, log] = ["one", "other", "log"].map((name) => join(directory.path, name));
  const options = { ...OPTIONS, logDirectories: [log] };
  {
    await using _store = await openStore(one, options);
    await assert.rejects(openStore(other, options), { code: "LOCKED", path: log });
    await assert.rejects(
      openStore(other, options),
      { code: "LOCKED", path: log },
      "Nothing is left behind",
    );
  }
  await (await openStore(one, options)).close();
});

test("a segment goes to a log directory that has room for it", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const libc = await loadLibc();
  const full = join(path, "a");
  let fullOnes = [full];
  const { open, paths } = rememberOpens(libc);
  const environment = await environmentOf(overrideLibc(libc, {
    open,
    fstatfs: (descriptor) => {
      const status = libc.fstatfs(descriptor);
      const isFull = fullOnes.includes(paths.get(descriptor) ?? "");
      return isFull ? { ...status, availableByteLength: SEGMENT - 1 } as typeof status : status;
    },
  }));
  const options = { ...OPTIONS, logDirectories: ["a", "b"] };
  await using store = await openStoreIn(environment, path, options);
  await fill(store, 60);
  assert.deepEqual([segmentsIn(full), segmentsIn(join(path, "b")).length], [[], 5]);
  fullOnes = [full, join(path, "b")];
  await fill(store, 30);
  assert.ok(segmentsIn(full).length > 0, "Where none has room, all are tried");
});

test("a new segment is made in its log directory, and is durable there under its name", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const libc = await loadLibc();
  const names = new Map<number, string>();
  const calls: string[] = [];
  const named = (descriptor: unknown, name: string) => {
    if (typeof descriptor === "number") names.set(descriptor, name);
    return descriptor;
  };
  const environment = await environmentOf(overrideLibc(libc, {
    open: (opened, how) => named(libc.open(opened, how), opened.slice(path.length + 1)) as number,
    openat2: (folder, opened, how) =>
      named(libc.openat2(folder, opened, how), `${names.get(folder)}/${opened}`) as number,
    renameat: (from, old, to, name) => {
      calls.push(`rename ${names.get(from)}/${old} ${names.get(to)}/${name}`);
      return libc.renameat(from, old, to, name);
    },
    fsyncAsync: (descriptor) => {
      calls.push(`sync ${names.get(descriptor)}`);
      return libc.fsyncAsync(descriptor);
    },
  }));
  await using store = await openStoreIn(environment, path, {
    ...OPTIONS,
    logDirectories: ["a", "b"],
  });
  await fill(store, 10);
  calls.length = 0;
  await fill(store, 4);
  const name = "00000000000000008192";
  const at = calls.indexOf(`rename b/streambed/next-${name} b/./${name}`);
  assert.ok(at >= 0, calls.join("\n"));
  const synced = calls.slice(at + 1).filter((call) => call.startsWith("sync b/"));
  assert.deepEqual(synced.slice(0, 2), ["sync b/.", "sync b/streambed"]);
});

test("a store stops writing when a segment is taken out of a log directory", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const store = await openStore(path, { ...OPTIONS, logDirectories: ["a", "b"] });
  await fill(store, 40);
  rmSync(join(path, "b", "00000000000000008192"));
  await assert.rejects(fill(store, 1), { code: "DURABILITY_LOST", reason: "file-replaced" });
  await store.close();
});

test("retention deletes from log directories, and a killed writer's tail is cut in them", async () => {
  await using directory = await temporaryDirectory();
  const [root, copy] = ["root", "copy"].map((name) => join(directory.path, name));
  const logDirectories = ["a", "b"];
  const options = { ...OPTIONS, logDirectories };
  {
    await using store = await openStore(root, {
      ...options,
      retention: { maxByteLength: 2 * SEGMENT },
    });
    await fill(store, 80);
    while (store.info.segmentCount > 3) await store.append({ topic: TOPIC, body: BODY });
    assert.ok(store.info.earliestPosition > 0);
    await store.flush();
    copyTree(root, copy);
  }
  const kept = logDirectories.flatMap((name) => segmentsIn(join(copy, name))).sort((a, b) => a - b);
  writeFileSync(
    join(copy, kept.length % 2 === 0 ? "a" : "b", String(kept.at(-1)! + SEGMENT).padStart(20, "0")),
    new Uint8Array(SEGMENT),
    { mode: 0o600 },
  );
  await using store = await openStore(copy, options);
  const { earliestOffset, endOffset } = store.queue(TOPIC);
  assert.equal(store.info.earliestPosition, kept[0]);
  assert.equal(
    (await store.queue(TOPIC).readBatch({ from: earliestOffset })).length,
    endOffset - earliestOffset,
  );
  assert.equal((await store.append({ topic: TOPIC, body: BODY })).offset, endOffset);
});

test("Store.backup() carries what lies in log directories", async () => {
  await using directory = await temporaryDirectory();
  const [root, file, restored] = ["root", "file", "restored"].map((name) =>
    join(directory.path, name)
  );
  {
    await using store = await openStore(root, { ...OPTIONS, logDirectories: ["a", "b"] });
    await fill(store, 40);
    await store.backup(file);
  }
  await restoreBackup(await environmentOf(), file, restored);
  await using store = await openStore(restored);
  assert.equal((await store.queue(TOPIC).readBatch()).length, 40);
});
