/**
 * Folders inside the root are judged like the root: a writer refuses what others could put
 * something into, a reader says so.
 *
 * Tests: `directory/paths.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { geteuid } from "node:process";
import { test } from "node:test";
import { innerPortOf, openStore, type OpenStoreOptions } from "../../../storage/mod.ts";
import { makeLink } from "../../support/beside_grants.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { isExplained } from "./damaged_store.ts";

const SMALL: OpenStoreOptions = {
  geometry: {
    segmentByteLength: 64 * 1024,
    queueEntryCount: 100,
    indexSlotCount: 50,
    indexEntryCount: 200,
  },
};
const FOLDERS = [
  "commitlog",
  "consumequeue",
  "consumequeue/t",
  "consumequeue/t/0",
  "index",
  "config",
  "streambed",
];
const needsRoot = skipUnless(geteuid?.() === 0, "giving folders away needs root");

const HARMS: readonly (readonly [
  what: string,
  harm: (folder: string) => void,
  reason: string,
  options: { skip: string | false },
])[] = [
  ["everybody may write to", (it) => chmodSync(it, 0o707), "world-writable", { skip: false }],
  ["its group may write to", (it) => chmodSync(it, 0o770), "group-writable", { skip: false }],
  ["belongs to somebody else", (it) => chownSync(it, 65534, 0), "foreign-owner", needsRoot],
];

async function closedStore(path: string): Promise<void> {
  await using store = await openStore(path, SMALL);
  await store.append({ topic: "t", body: "one", keys: "k" });
  innerPortOf(store).claim({ group: "g", topic: "t", queueId: 0 }).done(1);
}

for (const folder of FOLDERS) {
  for (const [what, harm, reason, options] of HARMS) {
    test(`openStore() refuses to write where ${what} ${folder}/`, options, async () => {
      await using directory = await temporaryDirectory();
      await closedStore(directory.path);
      harm(join(directory.path, folder));
      await assert.rejects(
        openStore(directory.path, SMALL),
        (error) => isExplained(error, { code: "UNSAFE_DIRECTORY", reason, path: folder }),
      );
      await using reader = await openStore(directory.path, { ...SMALL, readOnly: true });
      assert.equal((await reader.get(0))!.text(), "one");
      assert.equal(reader.groups().length, 1);
      if (folder !== "config") {
        assert.match(reader.info.notes.join(), new RegExp(`Cannot open "${folder}"`));
      }
      await using store = await openStore(directory.path, { ...SMALL, trustDirectory: true });
      assert.equal(store.queue("t").endOffset, 1);
    });
  }

  for (const readOnly of [false, true]) {
    const mode = readOnly ? "read" : "write";
    test(`openStore() refuses to ${mode} through a link in the place of ${folder}/`, async () => {
      await using directory = await temporaryDirectory();
      await using outside = await temporaryDirectory();
      await closedStore(directory.path);
      const real = join(outside.path, "real");
      renameSync(join(directory.path, folder), real);
      makeLink(real, join(directory.path, folder));
      await assert.rejects(
        async () => {
          await using store = await openStore(directory.path, { ...SMALL, readOnly });
          store.groups();
        },
        (error) => isExplained(error, { code: "UNSAFE_DIRECTORY", reason: "link" }),
      );
    });
  }

  test(`openStore() refuses to write over a file in the place of ${folder}/`, async () => {
    await using directory = await temporaryDirectory();
    await closedStore(directory.path);
    renameSync(join(directory.path, folder), join(directory.path, "aside"));
    writeFileSync(join(directory.path, folder), "a file", { mode: 0o600 });
    const opened = async () => {
      await using store = await openStore(directory.path, SMALL);
      await store.append({ topic: "t", body: "two", keys: "k" });
      innerPortOf(store).claim({ group: "g", topic: "t", queueId: 0 }).done(2);
    };
    await assert.rejects(
      opened,
      (error) => isExplained(error, { code: "UNSAFE_DIRECTORY", reason: "not-a-directory" }),
    );
  });
}

test(
  "Store.append() puts no queue into a folder that somebody else has made for it",
  needsRoot,
  async () => {
    await using directory = await temporaryDirectory();
    await closedStore(directory.path);
    const store = await openStore(directory.path, SMALL);
    const planted = join(directory.path, "consumequeue/new");
    mkdirSync(planted, { mode: 0o700 });
    chownSync(planted, 65534, 65534);
    await store.append({ topic: "new", body: "kept in the log" });
    await assert.rejects(
      store.close(),
      (error) => isExplained(error, { code: "UNSAFE_DIRECTORY", reason: "foreign-owner" }),
    );
    assert.ok(!existsSync(join(planted, "0")));
  },
);

test("Store.append() goes on without its keys when a link comes into the place of index/", async () => {
  await using directory = await temporaryDirectory();
  await using outside = await temporaryDirectory();
  const store = await openStore(directory.path, SMALL);
  makeLink(outside.path, join(directory.path, "index"));
  const { offset } = await store.append({ topic: "t", body: "one", keys: "k" });
  assert.equal(offset, 0);
  assert.equal((await Array.fromAsync(store.find("t", "k"))).length, 1, "Kept in memory");
  assert.match(store.info.notes.join(), /"index.*symbolic link/);
  await store.close();
  assert.deepEqual(readdirSync(outside.path), []);
});

for (const what of ["a link", "another folder", "nothing"]) {
  test(`Store.append() is told that ${what} has come into the place of commitlog/`, async () => {
    await using directory = await temporaryDirectory();
    const store = await openStore(directory.path, SMALL);
    await store.append({ topic: "t", body: "one" });
    const [folder, aside] = ["commitlog", "aside"].map((name) => join(directory.path, name));
    renameSync(folder, aside);
    if (what === "a link") makeLink(aside, folder);
    if (what === "another folder") mkdirSync(folder, { mode: 0o700 });
    const lost = { code: "DURABILITY_LOST", reason: "file-replaced" };
    await assert.rejects(store.append({ topic: "t", body: "two" }), lost);
    await store.close();
  });
}
