/**
 * Facts about what somebody else may have put into a directory: links, FIFOs, files of others.
 *
 * @module
 */
import { check, type Libc } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { linkSync } from "node:fs";
import { assertFails, type KernelFact, pattern, Scratch } from "./fact.ts";
import { makeLink } from "../../support/beside_grants.ts";

function beneath(libc: Libc): { flags: number; resolve: number } {
  const { O_RDONLY, O_NONBLOCK, RESOLVE_BENEATH } = libc.constants;
  return { flags: O_RDONLY | O_NONBLOCK, resolve: RESOLVE_BENEATH };
}

/** The facts. */
export const LINK_FACTS: readonly KernelFact[] = [
  {
    name: "openat2(RESOLVE_BENEATH) refuses links that lead out, and follows those that do not",
    needs: "machine",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.create("file");
      makeLink("file", `${directory}/inside`);
      makeLink("../..", `${directory}/up`);
      makeLink(`${directory}/file`, `${directory}/absolute`);
      const here = scratch.directory;
      scratch.adopt(libc.openat2(here, "inside", beneath(libc)));
      assertFails(libc.openat2(here, "up", beneath(libc)), "EXDEV");
      assertFails(libc.openat2(here, "up/etc", beneath(libc)), "EXDEV");
      assertFails(libc.openat2(here, "absolute", beneath(libc)), "EXDEV");
    },
  },
  {
    name: "openat2(RESOLVE_NO_SYMLINKS) refuses every link, at the end and on the way",
    needs: "machine",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      check(libc.mkdirat(scratch.directory, "sub", 0o700), "mkdirat");
      scratch.create("sub/file");
      makeLink("sub", `${directory}/folder`);
      makeLink("sub/file", `${directory}/name`);
      const how = { flags: 0, resolve: libc.constants.RESOLVE_NO_SYMLINKS };
      scratch.adopt(libc.openat2(scratch.directory, "sub/file", how));
      assertFails(libc.openat2(scratch.directory, "folder/file", how), "ELOOP");
      assertFails(libc.openat2(scratch.directory, "name", how), "ELOOP");
    },
  },
  {
    name: "openat2(RESOLVE_NO_MAGICLINKS) refuses the links of /proc that jump",
    needs: "machine",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      const path = `/proc/self/fd/${file}`;
      const resolve = libc.constants.RESOLVE_NO_MAGICLINKS;
      scratch.adopt(libc.openat2(scratch.directory, path, { flags: 0 }));
      assertFails(libc.openat2(scratch.directory, path, { flags: 0, resolve }), "ELOOP");
    },
  },
  {
    name: "openat2(O_NOFOLLOW) refuses a link, and open() follows one",
    needs: "machine",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.create("file");
      makeLink("file", `${directory}/link`);
      const { O_RDONLY, O_NOFOLLOW } = libc.constants;
      const how = { flags: O_RDONLY | O_NOFOLLOW };
      assertFails(libc.openat2(scratch.directory, "link", how), "ELOOP");
      scratch.adopt(libc.open(`${directory}/link`, { flags: O_RDONLY }));
    },
  },
  {
    name: "openat2(O_NONBLOCK) does not wait for the other end of a FIFO",
    needs: "machine",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      execFileSync("mkfifo", [`${directory}/fifo`]);
      const { O_WRONLY, O_NONBLOCK } = libc.constants;
      const how = { flags: O_WRONLY | O_NONBLOCK };
      assertFails(libc.openat2(scratch.directory, "fifo", how), "ENXIO");
      const reader = scratch.adopt(libc.openat2(scratch.directory, "fifo", beneath(libc)));
      assert.equal(check(libc.fstat(reader), "fstat").kind, "fifo");
      assertFails(libc.pread(reader, pattern(1), 0), "ESPIPE");
    },
  },
  {
    name: "statx() and readDirectory() tell links, FIFOs and directories from files",
    needs: "machine",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.create("file");
      check(libc.mkdirat(scratch.directory, "directory", 0o700), "mkdirat");
      makeLink("missing", `${directory}/link`);
      execFileSync("mkfifo", [`${directory}/fifo`]);
      for (const kind of ["file", "directory", "link", "fifo"]) {
        assert.equal(check(libc.statx(scratch.directory, kind), "statx").kind, kind);
      }
      for (const { name, kind } of check(libc.readDirectory(scratch.directory), "list")) {
        assert.equal(kind, name);
      }
    },
  },
  {
    name: "fstat() counts the names of a file, and close() of one descriptor leaves the other",
    needs: "machine",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      linkSync(`${directory}/file`, `${directory}/second`);
      assert.equal(check(libc.fstat(file), "fstat").linkCount, 2);
      check(libc.unlinkat(scratch.directory, "file"), "unlinkat");
      assert.equal(check(libc.fstat(file), "fstat").linkCount, 1);
    },
  },
];
