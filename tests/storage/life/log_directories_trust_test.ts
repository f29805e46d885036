/**
 * Log directories are opened, judged, synced and let go of as the store's own directory is.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { openRoot } from "../../../storage/directory/mod.ts";
import { openStore, openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import { cacheIdentity } from "../../../storage/life/mod.ts";
import { overrideLibc, rememberOpens } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const SEGMENT = 8192;
const OPTIONS = {
  geometry: { segmentByteLength: SEGMENT, queueEntryCount: 100 },
  tuning: { flushIntervalMs: 5 },
};
const TOPIC = "T";

test("openStore() leaves no descriptor of a log directory open, whether it is refused or closed", async () => {
  await using directory = await temporaryDirectory();
  const [one, other, log] = ["one", "other", "log"].map((name) => join(directory.path, name));
  const options = { ...OPTIONS, logDirectories: [log] };
  const libc = await loadLibc();
  // Only what this test opens: other tests of the process open and close, too.
  const left = new Set<number>();
  const opened = <T>(descriptor: T): T => {
    if (typeof descriptor === "number") left.add(descriptor);
    return descriptor;
  };
  const environment = systemEnvironment(overrideLibc(libc, {
    open: (path, how) => opened(libc.open(path, how)),
    openat2: (folder, path, how) => opened(libc.openat2(folder, path, how)),
    close: (descriptor) => {
      left.delete(descriptor);
      return libc.close(descriptor);
    },
    reopen: (descriptor, path) => {
      left.delete(descriptor);
      return opened(libc.reopen(descriptor, path));
    },
  }));
  await (await openStoreIn(environment, one, options)).close();
  assert.deepEqual([...left], []);
  const twice = { ...options, logDirectories: [log, log] };
  await assert.rejects(openStoreIn(environment, one, twice), TypeError);
  assert.deepEqual([...left], []);
  await using _store = await openStore(one, options);
  await assert.rejects(openStoreIn(environment, other, options), { code: "LOCKED" });
  assert.deepEqual([...left], []);
});

test("a store judges its log directories as it does its own", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const options = { ...OPTIONS, logDirectories: ["a", "b"] };
  await (await openStore(path, options)).close();
  const leftover = join(path, "b/streambed/next-00000000000000016384");
  writeFileSync(leftover, "of a writer that died", { mode: 0o600 });
  const libc = await loadLibc();
  const { open, paths } = rememberOpens(libc);
  let mounts = 1;
  const watching = overrideLibc(libc, {
    open,
    fstatfs: (descriptor) => {
      const status = libc.fstatfs(descriptor);
      const isOther = paths.get(descriptor) === join(path, "b");
      return isOther ? { ...status, name: "tmpfs" } as typeof status : status;
    },
    statx: (descriptor, name) => {
      const status = libc.statx(descriptor, name);
      const isOther = name === "" && paths.get(descriptor) === join(path, "b");
      const mountId = mounts.toString(16).padStart(16, "0");
      return isOther ? { ...status, mountId } as typeof status : status;
    },
  });
  {
    await using store = await openStoreIn(systemEnvironment(watching), path, options);
    assert.equal(store.info.durability, "none", "Nothing on tmpfs survives");
    assert.equal(existsSync(leftover), false);
  }
  const identities = [1, 2].map((mount) => {
    mounts = mount;
    const root = openRoot(watching, path, {
      write: false,
      create: false,
      trustDirectory: false,
      logDirectories: options.logDirectories,
      note: () => {},
    });
    const { mountId } = cacheIdentity(root);
    root.close();
    return mountId;
  });
  assert.notEqual(identities[0], identities[1], "Another mount of one may be another page cache");
  assert.match(identities[0], /^[0-9a-f]{16}$/);
  chmodSync(join(path, "b"), 0o770);
  await using store = await openStore(path, { ...options, trustDirectory: true });
  assert.equal(store.info.guard, "pread");
});

test("retention makes deletions durable in each log directory", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const libc = await loadLibc();
  const names = new Map<number, string>();
  const synced = new Set<string>();
  const named = (descriptor: unknown, name: string) => {
    if (typeof descriptor === "number") names.set(descriptor, name);
    return descriptor as number;
  };
  const environment = systemEnvironment(overrideLibc(libc, {
    open: (opened, how) => named(libc.open(opened, how), opened.slice(path.length + 1)),
    openat2: (folder, opened, how) =>
      named(libc.openat2(folder, opened, how), `${names.get(folder)}/${opened}`),
    fsync: (descriptor) => {
      synced.add(names.get(descriptor) ?? "");
      return libc.fsync(descriptor);
    },
  }));
  const options = { ...OPTIONS, logDirectories: ["a", "b"], retention: { maxByteLength: SEGMENT } };
  await using store = await openStoreIn(environment, path, options);
  await store.appendAll(
    Array.from({ length: 80 }, () => ({ topic: TOPIC, body: "x".repeat(500) })),
  );
  synced.clear();
  while (store.info.earliestPosition < 3 * SEGMENT || !synced.has("b/.")) {
    await store.append({ topic: TOPIC, body: "" });
    if (store.info.earliestPosition > 20 * SEGMENT) break;
  }
  assert.ok(synced.has("a/.") && synced.has("b/."), [...synced].join());
});
