/**
 * Facts about names: opening, renaming, unlinking, listing.
 *
 * @module
 */
import { check } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";
import { assertFails, type KernelFact, pattern, Scratch } from "./fact.ts";

/** The facts. */
export const NAME_FACTS: readonly KernelFact[] = [
  {
    name: "unlinkat() leaves mappings and descriptors valid and a link count of 0",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 4096);
      const mapping = scratch.map(file, 4096);
      assert.equal(check(libc.fstat(file), "fstat").linkCount, 1);
      check(libc.unlinkat(scratch.directory, "file"), "unlinkat");
      assert.equal(check(libc.fstat(file), "fstat").linkCount, 0);
      mapping.setI32(0, 7);
      assert.deepEqual(scratch.read(file, 0, 4), [0, 0, 0, 7]);
      assertFails(libc.statx(scratch.directory, "file"), "ENOENT");
    },
  },
  {
    name: "renameat() keeps the inode, and descriptors follow it",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("old", 10);
      check(libc.mkdirat(scratch.directory, "sub", 0o700), "mkdirat");
      const sub = scratch.open("sub");
      check(libc.renameat(scratch.directory, "old", sub, "new"), "renameat");
      const held = check(libc.fstat(file), "fstat");
      const named = check(libc.statx(sub, "new"), "statx");
      assert.deepEqual([named.inodeHigh, named.inodeLow], [held.inodeHigh, held.inodeLow]);
      assertFails(libc.statx(scratch.directory, "old"), "ENOENT");
    },
  },
  {
    name: "renameat() over a name takes the old file's link",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const loser = scratch.create("target", 10);
      scratch.write("source", Uint8Array.of(5));
      check(libc.renameat(scratch.directory, "source", scratch.directory, "target"), "renameat");
      assert.equal(check(libc.fstat(loser), "fstat").linkCount, 0);
      assert.deepEqual(scratch.read(scratch.open("target"), 0, 9), [5]);
    },
  },
  {
    name: "renameat(noReplace) gives EEXIST where the name is taken, and changes nothing",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.write("source", Uint8Array.of(1));
      scratch.write("target", Uint8Array.of(2));
      const { directory: here } = scratch;
      const options = { noReplace: true };
      assertFails(libc.renameat(here, "source", here, "target", options), "EEXIST");
      assert.deepEqual(scratch.read(scratch.open("source"), 0, 9), [1]);
      assert.deepEqual(scratch.read(scratch.open("target"), 0, 9), [2]);
      assert.equal(libc.renameat(here, "source", here, "other", options), 0);
    },
  },
  {
    name: "openat2(O_EXCL) gives EEXIST where the name is taken",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.create("file");
      const { O_RDWR, O_CREAT, O_EXCL } = libc.constants;
      const how = { flags: O_RDWR | O_CREAT | O_EXCL };
      assertFails(libc.openat2(scratch.directory, "file", how), "EEXIST");
    },
  },
  {
    name: "openat2(RESOLVE_BENEATH) refuses absolute paths and those that lead out",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      check(libc.mkdirat(scratch.directory, "sub", 0o700), "mkdirat");
      scratch.create("file");
      const how = { flags: libc.constants.O_RDONLY, resolve: libc.constants.RESOLVE_BENEATH };
      for (const path of ["..", "../x", "sub/../../x", "/", `${directory}/file`]) {
        assertFails(libc.openat2(scratch.directory, path, how), "EXDEV");
      }
      scratch.adopt(libc.openat2(scratch.directory, "sub/../file", how));
    },
  },
  {
    name: "openat2() distinguishes a missing name, a file and a directory",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.create("file");
      const { O_RDONLY, O_RDWR, O_DIRECTORY } = libc.constants;
      const here = scratch.directory;
      assertFails(libc.openat2(here, "missing", { flags: O_RDONLY }), "ENOENT");
      assertFails(libc.openat2(here, "file", { flags: O_RDONLY | O_DIRECTORY }), "ENOTDIR");
      assertFails(libc.openat2(here, "file/x", { flags: O_RDONLY }), "ENOTDIR");
      assertFails(libc.openat2(here, ".", { flags: O_RDWR }), "EISDIR");
    },
  },
  {
    name: "openat2() refuses a path with a NUL, and one that is too long",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const here = scratch.directory;
      assertFails(libc.openat2(here, "a\0b", { flags: 0 }), "EINVAL");
      assertFails(libc.statx(here, "a\0b"), "EINVAL");
      assertFails(libc.openat2(here, "a".repeat(256), { flags: 0 }), "ENAMETOOLONG");
      assertFails(libc.openat2(here, "a/".repeat(2048), { flags: 0 }), "ENAMETOOLONG");
      assertFails(libc.openat2(here, "é".repeat(2048), { flags: 0 }), "ENAMETOOLONG");
    },
  },
  {
    name: "mkdirat() and rmdirat() refuse a name that is taken and a directory that is not empty",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const here = scratch.directory;
      assert.equal(libc.mkdirat(here, "sub", 0o700), 0);
      assertFails(libc.mkdirat(here, "sub", 0o700), "EEXIST");
      assert.equal(libc.mkdirat(here, "sub/deep", 0o700), 0);
      assertFails(libc.rmdirat(here, "sub"), "ENOTEMPTY");
      assertFails(libc.unlinkat(here, "sub"), "EISDIR");
      assert.equal(libc.rmdirat(here, "sub/deep"), 0);
      assert.equal(libc.rmdirat(here, "sub"), 0);
      assertFails(libc.rmdirat(here, "sub"), "ENOENT");
    },
  },
  {
    name: "readDirectory() lists every name once, from the beginning at each call",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      check(libc.mkdirat(scratch.directory, "sub", 0o700), "mkdirat");
      scratch.create("file");
      const list = () =>
        check(libc.readDirectory(scratch.directory), "list")
          .map(({ name, kind }) => `${name} ${kind}`).sort();
      assert.deepEqual(list(), ["file file", "sub directory"]);
      scratch.create("ünï");
      check(libc.unlinkat(scratch.directory, "file"), "unlinkat");
      assert.deepEqual(list(), ["sub directory", "ünï file"]);
    },
  },
  {
    name: "readDirectory() fails on a file",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      assertFails(libc.readDirectory(scratch.create("file")), "ENOTDIR");
    },
  },
  {
    name: "fchmod() sets the permission bits whatever the umask",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      for (const mode of [0o666, 0o600, 0o444]) {
        check(libc.fchmod(file, mode), "fchmod");
        assert.equal(check(libc.fstat(file), "fstat").mode, mode);
      }
    },
  },
  {
    name: "statx() and fstat() tell the same of a file, and of the directory by an empty path",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      libc.pwrite(file, pattern(1234), 0);
      const status = check(libc.fstat(file), "fstat");
      assert.deepEqual(check(libc.statx(scratch.directory, "file"), "statx"), status);
      assert.deepEqual([status.kind, status.byteLength, status.mode], ["file", 1234, 0o600]);
      assert.equal(status.userId, libc.effectiveUserId());
      const here = check(libc.statx(scratch.directory, ""), "statx");
      assert.equal(here.kind, "directory");
      assert.deepEqual(here, check(libc.fstat(scratch.directory), "fstat"));
    },
  },
  {
    name: "statx() gives all files of a mount the same id, and bootId() the same at each call",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = check(libc.fstat(scratch.create("file")), "fstat");
      const here = check(libc.fstat(scratch.directory), "fstat");
      assert.equal(file.mountId, here.mountId);
      // Empty before Linux 6.8, and then the store treats every mount as another one.
      assert.match(file.mountId, /^([0-9a-f]{16})?$/);
      const bootId = check(libc.bootId(), "read boot id");
      assert.match(bootId, /^[0-9a-f]{32}$/);
      assert.equal(check(libc.bootId(), "read boot id"), bootId);
    },
  },
];
