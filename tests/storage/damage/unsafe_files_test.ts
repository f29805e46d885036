/**
 * What is not a file of ours in the place of one: refused with a reason, at once, and nothing
 * hangs.
 *
 * Tests: `file_errors.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { geteuid } from "node:process";
import { test } from "node:test";
import { openStore } from "../../../storage/mod.ts";
import { makeLink } from "../../support/beside_grants.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { isExplained, TOPIC } from "./damaged_store.ts";

const OPTIONS = {
  geometry: {
    segmentByteLength: 64 * 1024,
    queueEntryCount: 100,
    indexSlotCount: 50,
    indexEntryCount: 200,
  },
};
const isRoot = geteuid?.() === 0;
const needsRoot = skipUnless(isRoot, "making devices and giving files away needs root");

/** The files of the store, each in the place of which something else is put. */
const TARGETS: Readonly<Record<string, (path: string) => string>> = {
  "a log segment": () => "commitlog/00000000000000000000",
  "a queue file": () => `consumequeue/${TOPIC}/0/00000000000000000000`,
  "an index file": (path) => `index/${execFileSync("ls", [join(path, "index")]).toString().trim()}`,
  "streambed/meta": () => "streambed/meta",
  "streambed/positions": () => "streambed/positions",
  "streambed/tables": () => "streambed/tables",
  "the store checkpoint": () => "checkpoint",
  "the lock": () => "lock",
  "config/topics.json": () => "config/topics.json",
};

/** What is put there, and the reason that a writer gives. */
const STRANGERS: Readonly<Record<string, readonly [(file: string) => void, string]>> = {
  "a FIFO": [
    (file) => replace(file, () => void execFileSync("mkfifo", ["-m", "600", file])),
    "fifo",
  ],
  "a symbolic link": [moveBehindLink, "link"],
  "a symbolic link to nothing": [
    (file) => replace(file, () => makeLink("nowhere", file)),
    "link",
  ],
  "a directory": [(file) => replace(file, () => mkdirSync(file, { mode: 0o700 })), "not-a-file"],
  "a hard link": [
    (file) => linkSync(file, `${file}.other`.replace(/\/commitlog\//, "/")),
    "hard-linked",
  ],
  "a group-writable file": [(file) => chmodSync(file, 0o620), "group-writable"],
  "a world-writable file": [(file) => chmodSync(file, 0o602), "world-writable"],
};

const ROOT_STRANGERS: typeof STRANGERS = {
  "a device": [
    (file) => replace(file, () => void execFileSync("mknod", ["-m", "600", file, "c", "1", "5"])),
    "device",
  ],
  "a file of somebody else": [(file) => chownSync(file, 65534, 65534), "foreign-owner"],
};

function replace(file: string, make: () => void): void {
  rmSync(file);
  make();
}

function moveBehindLink(file: string): void {
  const real = join(file, "../../elsewhere");
  renameSync(file, real);
  makeLink(real, file);
}

async function closedStore(path: string): Promise<void> {
  await using store = await openStore(path, OPTIONS);
  await store.append({ topic: TOPIC, body: "one", keys: "k" });
}

/** Settles with what the opening gives, or fails the test when it does not come back. */
async function open(path: string, readOnly: boolean): Promise<unknown> {
  try {
    const store = await openStore(path, { ...OPTIONS, readOnly });
    const texts = await store.queue(TOPIC).readBatch();
    await store.close();
    return texts.map((message) => message.text());
  } catch (error) {
    return error;
  }
}

function register(strangers: typeof STRANGERS, options: { skip: string | false }): void {
  for (const [stranger, [put, reason]] of Object.entries(strangers)) {
    for (const [target, pathIn] of Object.entries(TARGETS)) {
      if (stranger === "a directory" && target === "an index file") continue;
      test(`openStore() refuses ${stranger} in the place of ${target}`, {
        ...options,
        timeout: 5000,
      }, async () => {
        await using directory = await temporaryDirectory();
        await closedStore(directory.path);
        const file = pathIn(directory.path);
        put(join(directory.path, file));
        isExplained(await open(directory.path, false), {
          code: "UNSAFE_DIRECTORY",
          reason,
          path: file,
        });
        const read = await open(directory.path, true);
        if (read instanceof Error) {
          isExplained(read, { code: "UNSAFE_DIRECTORY", reason, path: file });
        } else assert.deepEqual(read, ["one"], "A reader is told, or does without the file");
      });
    }
  }
}

register(STRANGERS, { skip: false });
register(ROOT_STRANGERS, needsRoot);

const ROOTS: readonly [string, (path: string) => void, string, { skip: string | false }][] = [
  ["a group-writable directory", (path) => chmodSync(path, 0o770), "group-writable", {
    skip: false,
  }],
  ["a world-writable directory", (path) => chmodSync(path, 0o707), "world-writable", {
    skip: false,
  }],
];

for (const [what, harm, reason, options] of ROOTS) {
  test(`openStore() refuses ${what}`, options, async () => {
    await using directory = await temporaryDirectory();
    await closedStore(directory.path);
    harm(directory.path);
    isExplained(await open(directory.path, false), {
      code: "UNSAFE_DIRECTORY",
      reason,
      path: directory.path,
    });
  });
}

test("openStore() takes a group-writable directory that the caller vouches for", async () => {
  await using directory = await temporaryDirectory();
  await closedStore(directory.path);
  chmodSync(directory.path, 0o770);
  await using store = await openStore(directory.path, { ...OPTIONS, trustDirectory: true });
  assert.equal(store.info.guard, "pread", "Mappings that others could cut are not touched");
  assert.equal(store.queue(TOPIC).endOffset, 1);
});

test("openStore() refuses a file in the place of the directory", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "file");
  writeFileSync(file, "no directory");
  isExplained(await open(file, false), { code: "UNSAFE_DIRECTORY", reason: "not-a-directory" });
});

test("openStore() says where there is no store, and makes none", async () => {
  await using directory = await temporaryDirectory();
  const nowhere = join(directory.path, "nowhere");
  isExplained(await open(nowhere, true), { code: "NOT_FOUND" });
  await assert.rejects(
    openStore(nowhere, { create: false }),
    (error) => isExplained(error, { code: "NOT_FOUND" }),
  );
});

test("openStore() passes over a folder in the index, as Java does, and indexes anew", async () => {
  await using directory = await temporaryDirectory();
  await closedStore(directory.path);
  const file = join(directory.path, TARGETS["an index file"](directory.path));
  replace(file, () => mkdirSync(file, { mode: 0o700 }));
  await using store = await openStore(directory.path, OPTIONS);
  const found = await Array.fromAsync(store.find(TOPIC, "k"));
  assert.deepEqual(found.map((message) => message.text()), ["one"]);
});
