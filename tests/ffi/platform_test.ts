/**
 * Which platforms do, and which library files.
 *
 * @module
 */
import {
  architectureOf,
  checkLibraryFile,
  checkLibraryPath,
  libraryCandidates,
} from "../../ffi/platform.ts";
import assert from "node:assert/strict";
import { test } from "node:test";

test("architectureOf() knows the names that Deno and Node give to a processor", () => {
  const names = { x86_64: "x86-64", x64: "x86-64", aarch64: "arm64", arm64: "arm64" };
  for (const [arch, expected] of Object.entries(names)) {
    assert.equal(architectureOf({ os: "linux", arch, runtime: "Deno" }), expected);
  }
});

test("architectureOf() throws UNSUPPORTED_PLATFORM elsewhere, saying where and what to do", () => {
  const darwin = { os: "darwin", arch: "aarch64", runtime: "Deno" };
  assert.throws(() => architectureOf(darwin), {
    code: "UNSUPPORTED_PLATFORM",
    message: "Cannot load libc on darwin aarch64 with Deno: only Linux is supported; run it there",
    remedy: "run it there",
  });
  const mips = { os: "linux", arch: "mips", runtime: "Node.js" };
  assert.throws(() => architectureOf(mips), { code: "UNSUPPORTED_PLATFORM" });
});

test("libraryCandidates() gives absolute paths only, glibc before musl", () => {
  for (const architecture of ["x86-64", "arm64"] as const) {
    const paths = libraryCandidates(architecture);
    assert.ok(paths.length > 3);
    for (const path of paths) assert.match(path, /^\/(usr\/(local\/)?)?lib/);
    const firstMusl = paths.findIndex((path) => path.includes("musl"));
    const lastGlibc = paths.findLastIndex((path) => path.endsWith("libc.so.6"));
    assert.ok(lastGlibc < firstMusl);
  }
});

test("checkLibraryPath() refuses a path that is looked up somewhere", () => {
  for (const path of ["libc.so.6", "./libc.so.6", ""]) {
    assert.throws(() => checkLibraryPath(path), TypeError);
  }
  checkLibraryPath("/lib/libc.so.6");
});

test("checkLibraryFile() refuses what others could replace", () => {
  const path = "/lib/libc.so.6";
  const root = { mode: 0o755, userId: 0 };
  checkLibraryFile(path, root, 1000);
  checkLibraryFile(path, { mode: 0o755, userId: 1000 }, 1000);
  checkLibraryFile(path, { mode: 0o755, userId: 1000 }, undefined);
  for (const mode of [0o775, 0o757, 0o777]) {
    assert.throws(() => checkLibraryFile(path, { ...root, mode }, 0), {
      code: "UNSAFE_DIRECTORY",
      reason: mode === 0o775 ? "group-writable" : "world-writable",
      path,
    });
  }
  assert.throws(() => checkLibraryFile(path, { mode: 0o755, userId: 1001 }, 1000), {
    name: "StoreError",
    reason: "foreign-owner",
    message: 'Cannot load library "/lib/libc.so.6": others can write it; ' +
      "take write permission from them",
  });
});
