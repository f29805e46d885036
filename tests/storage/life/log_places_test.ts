/**
 * Where log directories may lie, who makes them, and whose they are.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Errno, loadLibc } from "../../../ffi/mod.ts";
import { openStore, openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import { makeLink } from "../../support/beside_grants.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { contentOf } from "../../../harness/support/tree.ts";

const OPTIONS = {
  geometry: { segmentByteLength: 8192, queueEntryCount: 100 },
  tuning: { flushIntervalMs: 5 },
};
const OWNER = 3000;
const TOPIC = "T";
const libc = await loadLibc();
const needsRoot = skipUnless(libc.effectiveUserId() === 0, "giving a directory away needs root");

/** Owner, group and mode of a directory and of all that is in it. */
function ownersIn(path: string): string[] {
  const below = (readdirSync(path, { recursive: true }) as string[]).map((name) =>
    join(path, name)
  );
  return [path, ...below].map((one) => {
    const status = lstatSync(one);
    return `${status.uid}:${status.gid} ${status.isDirectory() ? "d" : "f"}${
      (status.mode & 0o7777).toString(8)
    }`;
  });
}

test("Log directories that are made, and all in them, are as the root of the store is", async () => {
  await using directory = await temporaryDirectory();
  const [root, made, there] = ["root", "made", "there"].map((name) => join(directory.path, name));
  const self = lstatSync(directory.path);
  // Without root only the mode tells.
  const [user, group] = libc.effectiveUserId() === 0 ? [OWNER, OWNER + 1] : [self.uid, self.gid];
  mkdirSync(root);
  chmodSync(root, 0o750);
  chownSync(root, user, group);
  mkdirSync(there, { mode: 0o700 });
  const logDirectories = [join(made, "deep"), "inner/deep", there];
  {
    await using store = await openStore(root, { ...OPTIONS, logDirectories });
    const message = { topic: TOPIC, body: "x".repeat(500) };
    await store.appendAll(Array.from({ length: 60 }, () => message));
    assert.ok(store.info.segmentCount > 3);
  }
  for (const path of [made, join(root, "inner")]) {
    const owners = ownersIn(path);
    assert.deepEqual([...new Set(owners)].sort(), [
      `${user}:${group} d750`,
      `${user}:${group} f640`,
    ]);
    assert.ok(owners.length >= 5, "Two folders, ours with its lock, a segment");
  }
  const kept = [...new Set(ownersIn(there))].sort();
  const own = `${self.uid}:${self.gid}`;
  assert.deepEqual(kept, [`${own} d700`, `${own} f600`], "What was there keeps its own owner");
});

test(
  "A log directory that cannot be given to the owner of the root is not left behind",
  needsRoot,
  async () => {
    await using directory = await temporaryDirectory();
    const root = join(directory.path, "root");
    mkdirSync(root, { mode: 0o700 });
    chownSync(root, OWNER, OWNER);
    const squashed = overrideLibc(libc, { fchown: () => new Errno("EPERM", 1, "fchown") });
    const options = { ...OPTIONS, logDirectories: ["log"] };
    const opening = openStoreIn(systemEnvironment(squashed), root, options);
    await assert.rejects(opening, { errno: "EPERM" });
    assert.deepEqual(readdirSync(root), []);
  },
);

test("openStore() refuses log directories in the store's own folders, or in one another, and makes nothing", async () => {
  await using directory = await temporaryDirectory();
  const root = join(directory.path, "root");
  const kept = [
    ".",
    "index",
    "./streambed",
    "consumequeue",
    "consumequeue/T/0",
    "config",
    "timerwheel",
  ];
  for (const name of [...kept, root, join(root, "index"), "commitlog/streambed", "/x/streambed"]) {
    await assert.rejects(openStore(root, { ...OPTIONS, logDirectories: ["log", name] }), {
      name: "TypeError",
      message:
        /logDirectories names ".*", which a store keeps for other things; name each directory/,
    }, name);
  }
  const nested = [["a", "a/b"], ["a/b", "a"], ["commitlog", "commitlog/more"], [
    directory.path,
    "a",
  ]];
  for (const logDirectories of nested) {
    await assert.rejects(openStore(root, { ...OPTIONS, logDirectories }), {
      name: "TypeError",
      message: /logDirectories names ".*", which lies in ".*"; name each directory/,
    }, logDirectories.join());
  }
  const twice = { ...OPTIONS, logDirectories: ["a", "./a/"] };
  await assert.rejects(openStore(root, twice), {
    name: "TypeError",
    message: /logDirectories names ".*\/a" twice; name each directory/,
  });
  assert.ok(!existsSync(root));
  await (await openStore(root, { ...OPTIONS, logDirectories: ["a", "ab"] })).close();
});

test("openStore() refuses log directories that are the store's own folders, or one, by links", async () => {
  await using directory = await temporaryDirectory();
  const [root, other] = ["root", "other"].map((name) => join(directory.path, name));
  for (const path of [root, other]) await (await openStore(path, OPTIONS)).close();
  const place = (name: string, target: string) => {
    const path = join(directory.path, name);
    makeLink(target, path);
    return path;
  };
  mkdirSync(join(root, "config"), { recursive: true, mode: 0o700 });
  const log = join(root, "commitlog");
  const links = [place("r", root), place("c", join(root, "config")), other];
  const before = contentOf(root);
  for (const link of links) {
    const options = { ...OPTIONS, logDirectories: [log, link] };
    await assert.rejects(openStore(root, options), /which a store keeps for other things/, link);
  }
  const options = { ...OPTIONS, logDirectories: [log, place("l", log)] };
  await assert.rejects(openStore(root, options), /names ".*" twice/);
  assert.deepEqual(contentOf(root), before);
});

test("openStore() makes no log directory of a store that is there", async () => {
  await using directory = await temporaryDirectory();
  const [root, disk, away] = ["root", "disk", "away"].map((name) => join(directory.path, name));
  const options = { ...OPTIONS, logDirectories: ["a", disk] };
  {
    await using store = await openStore(root, options);
    await store.append({ topic: TOPIC, body: "kept" });
  }
  renameSync(disk, away);
  const before = contentOf(root);
  const wrong = { ...OPTIONS, logDirectories: ["new", "b/c", disk] };
  for (const [asked, missing] of [[options, disk], [wrong, join(root, "new")]] as const) {
    await assert.rejects(openStore(root, asked), (error: Error & { code?: string }) => {
      assert.equal(error.code, "NOT_FOUND");
      assert.ok(error.message.includes(`log directory "${missing}" is not there; mount it`));
      return error.message.endsWith(", or make it if the log is to get one more");
    });
    await assert.rejects(openStore(root, { ...asked, readOnly: true }), {
      code: "NOT_FOUND",
      message: /is not there; mount it, name the right one$/,
    });
  }
  assert.deepEqual(contentOf(root), before);
  assert.ok(!existsSync(disk));
  renameSync(away, disk);
  mkdirSync(join(root, "new"), { mode: 0o700 });
  const more = { ...OPTIONS, logDirectories: [...options.logDirectories, "new"] };
  await using store = await openStore(root, more);
  assert.equal(store.queue(TOPIC).endOffset, 1);
});
