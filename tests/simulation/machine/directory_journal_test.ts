/**
 * Which names a power cut leaves.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check, Errno } from "../../../ffi/mod.ts";
import type { DirectoryProfile } from "../../../harness/simulation/machine/directory_journal.ts";
import { failNth } from "../../../harness/simulation/machine/hooks.ts";
import {
  boot,
  machine,
  outcomes,
  type SimUser,
} from "../../../harness/simulation/machine/sim_machine.ts";

const SEEDS = 60;

interface Cut {
  readonly directoryProfile?: DirectoryProfile;
  readonly profile?: number;
}

/** Which names are there after some changes and a power cut. */
function namesAfter(changes: (user: SimUser) => void, { directoryProfile, profile }: Cut = {}) {
  return outcomes(SEEDS, (seed) => {
    const kernel = machine(seed, directoryProfile && { directoryProfile });
    changes(boot(kernel));
    kernel.cutPower(profile ?? 2);
    return boot(kernel).names().join();
  }).map((names) => JSON.parse(names));
}

function createThree(user: SimUser): void {
  for (const name of ["a", "b", "c"]) check(user.libc.fsync(user.create(name)), "flush file");
}

function rename(user: SimUser, from: string, to: string): void {
  check(user.libc.renameat(user.directory, from, user.directory, to), "rename");
}

function flush(user: SimUser): void {
  check(user.libc.fsync(user.directory), "flush directory");
}

test("DirectoryJournal loses any subset of unsynced names in the weak profile", () => {
  assert.equal(namesAfter(createThree).length, 8);
});

test("DirectoryJournal loses all or none of the names in profiles 0 and 1", () => {
  assert.deepEqual(namesAfter(createThree, { profile: 0 }), [""]);
  assert.deepEqual(namesAfter(createThree, { profile: 1 }), ["a,b,c"]);
});

test("DirectoryJournal keeps a prefix in the journalled profile, and an fsync of any file commits", () => {
  const directoryProfile = "journalled";
  assert.deepEqual(namesAfter(createThree, { directoryProfile }), ["a,b,c"]);
  const unsynced = (user: SimUser) => {
    for (const name of ["a", "b", "c"]) user.create(name);
  };
  assert.deepEqual(namesAfter(unsynced, { directoryProfile }), ["", "a", "a,b", "a,b,c"]);
  const halfSynced = (user: SimUser) => {
    check(user.libc.fsync(user.create("a")), "flush file");
    check(user.libc.fdatasync(user.create("b")), "flush data");
  };
  assert.deepEqual(namesAfter(halfSynced, { directoryProfile }), ["a", "a,b"]);
});

test("SimLibc.renameat() is not durable without fsync of the directory", () => {
  const changes = (user: SimUser) => {
    check(user.libc.fsync(user.create("old")), "flush file");
    flush(user);
    rename(user, "old", "new");
    check(user.libc.fsync(user.open("new")), "flush file");
  };
  assert.deepEqual(namesAfter(changes), ["new", "old"]);
  const synced = (user: SimUser) => {
    changes(user);
    flush(user);
  };
  assert.deepEqual(namesAfter(synced, { profile: 0 }), ["new"]);
});

test("SimLibc.renameat() between directories is durable only after fsync of both, and atomic", () => {
  for (const synced of [[], ["from"], ["to"], ["from", "to"]]) {
    const found = outcomes(SEEDS, (seed) => {
      const kernel = machine(seed);
      const user = boot(kernel);
      for (const name of ["from", "to"]) check(user.libc.mkdirat(user.directory, name, 0o700), "");
      flush(user);
      const open = (name: string) => user.open(name, user.libc.constants.O_DIRECTORY);
      const [from, to] = [open("from"), open("to")];
      const how = { flags: user.libc.constants.O_CREAT };
      check(user.libc.openat2(from, "file", how), "create");
      check(user.libc.fsync(from), "flush");
      check(user.libc.renameat(from, "file", to, "file"), "rename");
      for (const name of synced) check(user.libc.fsync(open(name)), "flush");
      kernel.cutPower(2);
      const exists = (name: string) => kernel.lookUp(`/data/${name}/file`) !== undefined;
      return [exists("from"), exists("to")];
    });
    const both = synced.length === 2;
    assert.deepEqual(found, both ? ["[false,true]"] : ["[false,true]", "[true,false]"]);
  }
});

test("SimLibc.unlinkat() is not durable without fsync, and a file that comes back has its content", () => {
  const found = outcomes(SEEDS, (seed) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    const file = user.createDurable("file", 4096);
    user.write(file, 0, [7]);
    check(user.libc.fdatasync(file), "flush");
    const used = kernel.space.free;
    check(user.libc.unlinkat(user.directory, "file"), "unlink");
    assert.equal(kernel.space.free, used);
    check(user.libc.close(file), "close");
    assert.equal(kernel.space.free, used + 1);
    kernel.cutPower(2);
    const after = boot(kernel);
    const there = after.names().length === 1;
    assert.equal(kernel.space.free, there ? used : used + 1);
    return there ? after.read("file", 0, 1) : [];
  });
  assert.deepEqual(found, ["[7]", "[]"]);
});

test("DirectoryJournal keeps the order of changes of one name", () => {
  const changes = (user: SimUser) => {
    user.create("a");
    rename(user, "a", "b");
    check(user.libc.unlinkat(user.directory, "b"), "unlink");
    user.create("b");
    flush(user);
  };
  assert.deepEqual(namesAfter(changes), ["b"]);
});

test("DirectoryJournal never leaves a file under both names of two renames, or under none", () => {
  const changes = (user: SimUser) => {
    check(user.libc.fsync(user.create("a")), "flush file");
    flush(user);
    rename(user, "a", "b");
    rename(user, "b", "c");
  };
  assert.deepEqual(namesAfter(changes), ["a", "b", "c"]);
});

test("DirectoryJournal makes a rename out of a directory durable with what takes the name's place", () => {
  const found = outcomes(SEEDS, (seed) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    check(user.libc.mkdirat(user.directory, "sub", 0o700), "make");
    user.createDurable("a", 4096);
    const sub = user.open("sub", user.libc.constants.O_DIRECTORY);
    check(user.libc.renameat(user.directory, "a", sub, "b"), "rename");
    user.createDurable("a", 2 * 4096);
    kernel.cutPower(2);
    return ["a", "sub/b"].map((name) => kernel.file(`/data/${name}`).byteLength);
  });
  assert.deepEqual(found, ["[8192,4096]"]);
});

test("SimLibc.mkdirat() is not durable without fsync of its parent, and takes all below with it", () => {
  const found = outcomes(SEEDS, (seed) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    check(user.libc.mkdirat(user.directory, "sub", 0o700), "make");
    const sub = user.open("sub", user.libc.constants.O_DIRECTORY);
    check(user.libc.openat2(sub, "file", { flags: user.libc.constants.O_CREAT }), "create");
    check(user.libc.fsync(sub), "flush");
    kernel.cutPower(2);
    const found = ["sub", "sub/file"].map((name) => kernel.lookUp(`/data/${name}`)?.kind);
    return found.map((kind) => kind ?? "none");
  });
  assert.deepEqual(found, ['["directory","file"]', '["none","none"]']);
});

test("SimLibc.fsync() of a directory that failed may be repeated, unlike that of a file", () => {
  const first = (user: SimUser) => {
    user.process.kernel.hook = failNth("fsync", 1, "EIO");
    user.create("a");
    assert.ok(user.libc.fsync(user.directory) instanceof Errno);
  };
  assert.deepEqual(namesAfter(first, { profile: 0 }), ["", "a"]);
  const second = (user: SimUser) => {
    first(user);
    flush(user);
  };
  assert.deepEqual(namesAfter(second, { profile: 0 }), ["a"]);
});
