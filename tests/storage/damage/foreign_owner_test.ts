/**
 * A directory of another user's: root leaves it as its owner can load it, and whoever else is told
 * as whom to run.
 *
 * Tests: `owned_files.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { restoreBackup } from "../../../storage/backup/mod.ts";
import {
  innerPortOf,
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { isExplained } from "./damaged_store.ts";

const BROKER = 3000;
const SMALL: OpenStoreOptions = {
  geometry: {
    segmentByteLength: 16 * 1024,
    queueEntryCount: 16,
    indexSlotCount: 8,
    indexEntryCount: 16,
  },
  tuning: { flushIntervalMs: 1 },
};
const libc = await loadLibc();
/** Everything is made under a umask that takes all from others. */
const environment = systemEnvironment(overrideLibc(libc, {
  openat2: (folder, path, how) =>
    libc.openat2(folder, path, how.mode === undefined ? how : { ...how, mode: how.mode & ~0o077 }),
  mkdirat: (folder, path, mode) => libc.mkdirat(folder, path, mode & ~0o077),
}));
const needsRoot = skipUnless(libc.effectiveUserId() === 0, "giving a directory away needs root");

/**
 * Everything a store makes: segments, the next one, queues, index, meta, mark, tables,
 * configuration with backups, abort, lock.
 */
async function live(path: string, options: OpenStoreOptions = {}): Promise<void> {
  for (const topic of ["a", "b"]) {
    await using store = await openStoreIn(environment, path, { ...SMALL, ...options });
    for (let n = 0; n < 8; n++) {
      await store.append({ topic, keys: `key ${n}`, body: new Uint8Array(4000) });
    }
    innerPortOf(store).claim({ group: "g", topic, queueId: 0 }).done(8);
    await store.flush();
    seeAll(path);
  }
}

let seen: Map<string, string>;

/** Owner, group and mode of all that is there, also of what goes again. */
function seeAll(path: string): void {
  for (const name of [".", ...readdirSync(path, { recursive: true, encoding: "utf8" })]) {
    const { uid, gid, mode } = statSync(join(path, name));
    seen.set(name, `${uid}:${gid} ${(mode & 0o7777).toString(8)}`);
  }
}

function assertOwned(path: string, folder: string, file: string): void {
  seeAll(path);
  for (const [name, found] of seen) {
    const isFolder = statSync(join(path, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
    assert.equal(found, isFolder ? folder : file, name);
  }
}

for (
  const [mode, folder, file] of [[0o700, "700", "600"], [0o750, "750", "640"], [
    0o755,
    "755",
    "644",
  ]] as const
) {
  test(
    `openStore() as root leaves a directory ${folder} of another user's to that user`,
    needsRoot,
    async () => {
      await using directory = await temporaryDirectory();
      chmodSync(directory.path, mode);
      chownSync(directory.path, BROKER, BROKER + 1);
      seen = new Map();
      await live(directory.path);
      assert.ok(seen.size > 20);
      assert.ok([...seen.keys()].some((name) => name.startsWith("streambed/next-")));
      assert.ok(seen.has("abort") && seen.has("config/consumerOffset.json.bak"));
      const owner = `${BROKER}:${BROKER + 1}`;
      assertOwned(directory.path, `${owner} ${folder}`, `${owner} ${file}`);
      const user = ["--reuid", `${BROKER}`, "--regid", `${BROKER + 1}`, "--clear-groups"];
      const locked = ["(", "!", "-readable", "-o", "!", "-writable", ")"];
      const found = execFileSync("setpriv", [...user, "find", ".", ...locked], {
        cwd: directory.path,
      });
      assert.equal(found.toString(), "", "Its user can read and write all of it");
    },
  );
}

test("openStore() gives everything the mode of the root, whatever the umask, and others no right to write", async () => {
  for (
    const [mode, folder, file] of [[0o700, 0o700, 0o600], [0o755, 0o755, 0o644], [
      0o1777,
      0o775,
      0o664,
    ]]
  ) {
    await using directory = await temporaryDirectory();
    chmodSync(directory.path, mode);
    seen = new Map();
    await live(directory.path, { trustDirectory: true });
    seen.delete(".");
    const { uid, gid } = statSync(directory.path);
    for (const [name, found] of seen) {
      const status = statSync(join(directory.path, name), { throwIfNoEntry: false });
      const wanted = status?.isDirectory() ? folder : file;
      assert.equal(found, `${uid}:${gid} ${wanted.toString(8)}`, name);
    }
    await (await openStore(directory.path, { ...SMALL, trustDirectory: true })).close();
  }
});

test("openStore() makes a directory that is not there for its user alone", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "new");
  seen = new Map();
  await live(path);
  const { uid, gid } = statSync(directory.path);
  assertOwned(path, `${uid}:${gid} 700`, `${uid}:${gid} 600`);
});

test(
  "openStore() as root gives away what an earlier writer left as root's",
  needsRoot,
  async () => {
    await using directory = await temporaryDirectory();
    seen = new Map();
    await live(directory.path);
    chownSync(directory.path, BROKER, BROKER);
    {
      await using store = await openStore(directory.path, SMALL);
      await store.append({ topic: "a", keys: "k", body: "one" });
    }
    for (
      const name of ["commitlog", "streambed", "streambed/meta", "streambed/positions", "lock"]
    ) {
      assert.equal(statSync(join(directory.path, name)).uid, BROKER, name);
    }
  },
);

test(
  "restoreBackup() as root leaves all that it makes to the owner of the directory",
  needsRoot,
  async () => {
    await using directory = await temporaryDirectory();
    const [source, target, file] = ["source", "target", "file"].map((name) =>
      join(directory.path, name)
    );
    seen = new Map();
    await live(source);
    {
      await using store = await openStore(source, SMALL);
      await store.backup(file);
    }
    mkdirSync(target, { mode: 0o750 });
    chownSync(target, BROKER, BROKER);
    await restoreBackup(systemEnvironment(libc), file, target);
    seen = new Map();
    const owner = `${BROKER}:${BROKER}`;
    assertOwned(target, `${owner} 750`, `${owner} 640`);
    assert.ok(seen.size > 5);
  },
);

test("openStore() says as whom to run where the directory belongs to somebody else", async () => {
  await using directory = await temporaryDirectory();
  const owner = statSync(directory.path).uid;
  const other = overrideLibc(libc, { effectiveUserId: () => owner + 1 });
  await assert.rejects(openStoreIn(systemEnvironment(other), directory.path, SMALL), (error) => {
    assert.match((error as Error).message, new RegExp(`run as its owner, user ${owner},`));
    return isExplained(error, { code: "UNSAFE_DIRECTORY", reason: "foreign-owner" });
  });
  assert.deepEqual(readdirSync(directory.path), []);
});

test(
  "openStore() tells when what it made cannot be given away, and leaves nothing of it",
  needsRoot,
  async () => {
    await using directory = await temporaryDirectory();
    chownSync(directory.path, BROKER, BROKER);
    const { Errno } = await import("../../../ffi/mod.ts");
    const squashed = overrideLibc(libc, { fchown: () => new Errno("EPERM", 1, "fchown") });
    await assert.rejects(
      openStoreIn(systemEnvironment(squashed), directory.path, SMALL),
      /give to its owner/,
    );
    assert.deepEqual(readdirSync(directory.path), []);
  },
);

test("StoreDirectory keeps the mode of a file that is there", async () => {
  await using directory = await temporaryDirectory();
  chmodSync(directory.path, 0o755);
  writeFileSync(join(directory.path, "lock"), "lock", { mode: 0o600 });
  await (await openStore(directory.path, SMALL)).close();
  assert.equal(statSync(join(directory.path, "lock")).mode & 0o777, 0o600);
});
