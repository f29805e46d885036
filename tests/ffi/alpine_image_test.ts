/**
 * Deno's image for Alpine (`denoland/deno:alpine`): Deno and its glibc, in a place of its own, in a
 * system whose libc is musl. The image cannot be had here; a directory with Debian's musl, this
 * Deno and its libraries laid out in the same way stands in for it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
} from "node:fs";
import { basename, join } from "node:path";
import { geteuid } from "node:process";
import { test } from "node:test";
import { skipUnless } from "../support/skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const MUSL = `/lib/ld-musl-${Deno.build.arch}.so.1`;
const GLIBC_FOLDER = "/usr/local/lib/glibc";
const canLayOut = geteuid?.() === 0 && existsSync(MUSL) && Deno.build.target.endsWith("gnu");
const needsMusl = skipUnless(
  canLayOut,
  "a system with two libcs is laid out as root, and needs the package musl",
);

/** Lays the image out: `bin/deno`, its libraries, musl where Alpine has it, and our source. */
function layOut(root: string): void {
  const deno = Deno.execPath();
  for (const part of ["bin", "lib", "lib64", "proc", "tmp", "app/tests", GLIBC_FOLDER]) {
    mkdirSync(join(root, part), { recursive: true });
  }
  chmodSync(root, 0o755);
  copyFileSync(deno, join(root, "bin/deno"));
  const libraries = execFileSync("ldd", [deno], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
  for (const library of libraries) {
    copyFileSync(library, join(root, GLIBC_FOLDER, basename(library)));
    const isLoader = basename(library).startsWith("ld-linux");
    if (isLoader) symlinkSync(join(GLIBC_FOLDER, basename(library)), join(root, library));
  }
  copyFileSync(realpathSync(MUSL), join(root, MUSL));
  symlinkSync(MUSL, join(root, "lib", `libc.musl-${Deno.build.arch}.so.1`));
  for (const part of ["errors.ts", "ffi", "tests/ffi"]) {
    cpSync(new URL(`../../${part}`, import.meta.url), join(root, "app", part), {
      recursive: true,
    });
  }
}

function runIn(root: string, flags: readonly string[]): unknown {
  const command = `mount -t proc proc "$0/proc" && exec chroot "$0" "$@"`;
  const deno = ["/bin/deno", "run", "--no-lock", "--no-config", "--no-check", ...flags];
  const child = [...deno, "/app/tests/ffi/two_libcs_child.ts"];
  const said = execFileSync("unshare", ["-m", "sh", "-c", command, root, ...child], {
    encoding: "utf8",
    env: { LD_LIBRARY_PATH: GLIBC_FOLDER, DENO_DIR: "/tmp/deno", NO_COLOR: "1" },
  });
  return JSON.parse(said);
}

test(
  "loadLibc() in Deno's image for Alpine takes the glibc that Deno has, and leaves musl alone",
  needsMusl,
  async () => {
    await using directory = await temporaryDirectory();
    layOut(directory.path);
    const libc = `${GLIBC_FOLDER}/libc.so.6`;
    assert.deepEqual(runIn(directory.path, ["-A"]), [libc]);
    // Without all grants the process may not look at itself.
    assert.deepEqual(runIn(directory.path, ["--allow-ffi", "--allow-read=/app"]), "unseen");
  },
);
