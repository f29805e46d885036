/**
 * Links that somebody puts in the place of a folder while a store is at work, in the moment between
 * a look and a call: nothing outside is ever made, changed, renamed or removed. Every call with a
 * path is tried, with every folder that it goes through.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Descriptor, failed, type Libc, loadLibc } from "../../../ffi/mod.ts";
import { openRoot } from "../../../storage/directory/mod.ts";
import {
  innerPortOf,
  openStoreIn,
  type OpenStoreOptions,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { makeLink } from "../../support/beside_grants.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const SMALL: OpenStoreOptions = {
  retention: { maxByteLength: 40_000 },
  geometry: {
    segmentByteLength: 16 * 1024,
    queueEntryCount: 16,
    indexSlotCount: 8,
    indexEntryCount: 16,
  },
  tuning: { flushIntervalMs: 1 },
};
const libc = await loadLibc();
/** Calls of the system that take a path below a descriptor. */
type PathCall = "openat2" | "statx" | "mkdirat" | "unlinkat" | "rmdirat" | "renameat";

/** Tells of each call with a path, by its path below the root, before it is made. */
function watching(root: string, onCall: (call: PathCall, path: string) => void): Libc {
  const paths = new Map<Descriptor, string>();
  const full = (folder: Descriptor, path: string) =>
    [paths.get(folder), path].filter((part) => part !== undefined && part !== "").join("/");
  const told = <A extends unknown[], R>(
    call: PathCall,
    real: (folder: Descriptor, path: string, ...rest: A) => R,
  ) =>
  (folder: Descriptor, path: string, ...rest: A) => {
    onCall(call, full(folder, path));
    return real(folder, path, ...rest);
  };
  return overrideLibc(libc, {
    open(path, how) {
      const opened = libc.open(path, how);
      if (!failed(opened)) paths.set(opened, path === root ? "" : "/elsewhere");
      return opened;
    },
    openat2(folder, path, how) {
      const { RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } = libc.constants;
      const safe = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
      assert.equal((how.resolve ?? 0) & safe, safe, `openat2 of ${path} follows nothing`);
      const name = full(folder, path);
      onCall("openat2", name);
      const opened = libc.openat2(folder, path, how);
      if (!failed(opened)) paths.set(opened, name);
      return opened;
    },
    statx: told("statx", (folder, path) => single(path, () => libc.statx(folder, path))),
    mkdirat: told(
      "mkdirat",
      (folder, path, mode: number) => single(path, () => libc.mkdirat(folder, path, mode)),
    ),
    unlinkat: told("unlinkat", (folder, path) => single(path, () => libc.unlinkat(folder, path))),
    rmdirat: told("rmdirat", (folder, path) => single(path, () => libc.rmdirat(folder, path))),
    renameat(oldFolder, oldPath, newFolder, newPath, options) {
      onCall("renameat", full(oldFolder, oldPath));
      onCall("renameat", full(newFolder, newPath));
      return single(
        oldPath + newPath,
        () => libc.renameat(oldFolder, oldPath, newFolder, newPath, options),
      );
    },
  });
}

/** What follows links on its way gets one name only. */
function single<R>(path: string, call: () => R): R {
  assert.ok(!path.includes("/"), `${path} is one name`);
  return call();
}

/**
 * All that a store does with its directory: makes, rolls, replaces, deletes, closes, opens again.
 */
async function live(path: string, watched: Libc): Promise<void> {
  const environment = systemEnvironment(watched);
  for (const topic of ["a", "b"]) {
    const store = await openStoreIn(environment, path, SMALL);
    try {
      for (let n = 0; n < 12; n++) {
        await store.append({ topic, keys: `key ${n}`, body: new Uint8Array(4000) });
      }
      innerPortOf(store).claim({ group: "g", topic, queueId: 0 }).done(12);
      await store.flush();
      for (let turn = 0; turn < 200 && store.info.earliestPosition === 0; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      innerPortOf(store).claim({ group: "h", topic, queueId: 0 }).done(3);
      await store.flush();
    } finally {
      await store.close();
    }
  }
}

/** Calls that differ only in numbers are one. */
function kindOf(call: PathCall, path: string): string {
  return `${call} ${path.replace(/[0-9]{17,}|(?<=temporary-)[0-9a-f]+/g, "N")}`;
}

/** Makes a folder outside with the names of one inside, all of them precious. */
function mirror(inside: string, outside: string): void {
  mkdirSync(outside, { recursive: true });
  for (const entry of readdirSync(inside, { withFileTypes: true })) {
    const [from, to] = [join(inside, entry.name), join(outside, entry.name)];
    if (entry.isDirectory()) mirror(from, to);
    else writeFileSync(to, `precious ${entry.name}`);
  }
}

function contentOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mode, mtimeMs } = statSync(path);
    return `${path} ${mode} ${mtimeMs} ${entry.isFile() ? readFileSync(path) : ""}`;
  }).sort();
}

/** Every kind of call with a folder in its path, and that folder. */
async function momentsOf(): Promise<ReadonlySet<string>> {
  await using directory = await temporaryDirectory();
  const moments = new Set<string>();
  const watched = watching(directory.path, (call, path) => {
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      moments.add(`${kindOf(call, path)} through ${parts.slice(0, depth).join("/")}`);
    }
  });
  await live(directory.path, watched);
  return moments;
}

test("Store works with names beneath its root alone, one at a time", async () => {
  const moments = [...await momentsOf()];
  for (const call of ["openat2", "statx", "mkdirat", "unlinkat", "renameat"]) {
    assert.ok(moments.some((moment) => moment.startsWith(call)), `A store calls ${call}`);
  }
  const folders = new Set(moments.map((moment) => moment.split(" through ")[1]));
  for (const folder of ["commitlog", "streambed", "config", "index", "consumequeue/a"]) {
    assert.ok(folders.has(folder), `A store goes through ${folder}`);
  }
});

test(
  "Store changes nothing outside when a folder becomes a link between a look and a call",
  async () => {
    for (const moment of await momentsOf()) {
      await using directory = await temporaryDirectory();
      await using outside = await temporaryDirectory();
      const victim = join(outside.path, "victim");
      const folder = moment.split(" through ")[1];
      let before: string[] | undefined;
      const watched = watching(directory.path, (call, path) => {
        if (before !== undefined || `${kindOf(call, path)} through ${folder}` !== moment) return;
        const real = join(directory.path, folder);
        try {
          mirror(real, victim);
        } catch {
          // It is not there yet: the link is there first.
          mkdirSync(victim, { recursive: true });
          before = contentOf(victim);
          makeLink(victim, real);
          return;
        }
        before = contentOf(victim);
        renameSync(real, join(outside.path, "aside"));
        makeLink(victim, real);
      });
      await live(directory.path, watched).catch(() => {});
      if (before === undefined) continue;
      assert.deepEqual(contentOf(victim), before, moment);
    }
  },
);

test("StoreDirectory does each of its operations beneath the root", async () => {
  const operations: Record<string, (directory: ReturnType<typeof openRoot>) => unknown> = {
    "openFile, making it": (it) => it.openFile("a/b/new", { write: true, create: true }),
    "openFile": (it) => it.openFile("a/b/file", { write: true }),
    "openFolder": (it) => it.openFolder("a/b/folder"),
    "list": (it) => it.list("a/b"),
    "ensureFolder": (it) => it.ensureFolder("a/b/more"),
    "makeFolder": (it) => it.makeFolder("a/b/more"),
    "removeFolder": (it) => it.removeFolder("a/b/folder"),
    "syncFolder": (it) => it.syncFolder("a/b"),
    "status": (it) => it.status("a/b/file"),
    "remove": (it) => it.remove("a/b/file"),
    "rename, away": (it) => it.rename("a/b/file", "c/file"),
    "rename, into": (it) => it.rename("c/other", "a/b/file"),
  };
  for (const [name, operate] of Object.entries(operations)) {
    for (const linked of ["a", "a/b"]) {
      await using directory = await temporaryDirectory();
      await using outside = await temporaryDirectory();
      const path = join(directory.path, "root");
      for (const folder of ["a/b/folder", "c"]) {
        mkdirSync(join(path, folder), { recursive: true, mode: 0o700 });
      }
      for (const file of ["a/b/file", "c/other"]) {
        writeFileSync(join(path, file), "ours", { mode: 0o600 });
      }
      const note = () => {};
      const options = { write: true, create: false, trustDirectory: true, note };
      const root = openRoot(libc, path, options);
      const victim = join(outside.path, "victim");
      mirror(join(path, linked), victim);
      const before = contentOf(victim);
      renameSync(join(path, linked), join(outside.path, "aside"));
      makeLink(victim, join(path, linked));
      assert.throws(() => operate(root), { code: "UNSAFE_DIRECTORY", reason: "link" }, name);
      assert.deepEqual(contentOf(victim), before, name);
      root.close();
    }
  }
});
