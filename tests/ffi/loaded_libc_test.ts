/**
 * A process gets the libc that it has, and never a second one.
 *
 * @module
 */
import { StoreError } from "../../errors.ts";
import { libcOfMaps, type LoadedLibc } from "../../ffi/loaded_libc.ts";
import { loadLibrary } from "../../ffi/load_library.ts";
import type { Native } from "../../ffi/native.ts";
import assert from "node:assert/strict";
import { test } from "node:test";

/** Lines as the kernel writes them. */
function maps(...files: readonly string[]): string {
  return files.map((file, index) =>
    `7f${index}c8f1a2000-7f${index}c8f1c8000 r-xp 00000000 fe:00 26${index}       ${file}\n`
  ).join("") + "7ffd1d5d1000-7ffd1d5f2000 rw-p 00000000 00:00 0                          [stack]\n";
}

const DEBIAN = "/usr/lib/x86_64-linux-gnu/libc.so.6";
const IN_IMAGE = "/usr/local/lib/glibc/libc.so.6";
const LOADER = "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2";

const FOUND: readonly (readonly [what: string, maps: string, LoadedLibc | undefined])[] = [
  ["Debian", maps("/usr/bin/deno", DEBIAN, LOADER), {
    kind: "glibc",
    path: DEBIAN,
    isReplaced: false,
  }],
  ["Deno's image for Alpine", maps("/bin/deno", "/usr/local/lib/glibc/libm.so.6", IN_IMAGE), {
    kind: "glibc",
    path: IN_IMAGE,
    isReplaced: false,
  }],
  ["an old glibc", maps("/usr/bin/node", "/lib/x86_64-linux-gnu/libc-2.28.so"), {
    kind: "glibc",
    path: "/lib/x86_64-linux-gnu/libc-2.28.so",
    isReplaced: false,
  }],
  ["Alpine", maps("/usr/bin/node", "/lib/ld-musl-x86_64.so.1"), {
    kind: "musl",
    path: "/lib/ld-musl-x86_64.so.1",
    isReplaced: false,
  }],
  ["Debian's musl", maps("/opt/node", "/usr/lib/x86_64-linux-musl/libc.so"), {
    kind: "musl",
    path: "/usr/lib/x86_64-linux-musl/libc.so",
    isReplaced: false,
  }],
  ["a process that somebody gave a second one", maps("/lib/ld-musl-x86_64.so.1", DEBIAN, LOADER), {
    kind: "glibc",
    path: DEBIAN,
    isReplaced: false,
  }],
  ["an upgrade while it runs", maps("/usr/bin/deno", `${DEBIAN} (deleted)`, LOADER), {
    kind: "glibc",
    path: DEBIAN,
    isReplaced: true,
  }],
  [
    "names that only look like it",
    maps("/opt/libc.so.6.bak", "/opt/mylibc.so.6", "/x/libc.so"),
    undefined,
  ],
  ["a static program", maps("/usr/bin/bun"), undefined],
];

for (const [what, text, expected] of FOUND) {
  test(`libcOfMaps() finds the libc of ${what}`, () => {
    assert.deepEqual(libcOfMaps(text), expected);
  });
}

/** Loads in a world where every library is there; gives which were tried. */
function tried(loaded: LoadedLibc | undefined, arch: string): string[] {
  const paths: string[] = [];
  const bind = (path: string): Native => {
    paths.push(path);
    throw new Error("not this one");
  };
  const platform = { os: "linux", arch, runtime: "Deno" };
  const status = () => ({ mode: 0o755, userId: 0 });
  assert.throws(
    () => loadLibrary({ platform, status, bind, loaded: () => loaded }),
    { code: "UNSUPPORTED_PLATFORM" },
  );
  return paths;
}

for (const arch of ["x86_64", "aarch64"]) {
  test(`loadLibrary() tries no libc of the other kind (${arch})`, () => {
    const glibc = tried({ kind: "glibc" }, arch);
    assert.ok(glibc.includes(IN_IMAGE), "Where Deno's image for Alpine has it");
    assert.deepEqual(glibc.filter((path) => path.includes("musl")), []);
    const musl = tried({ kind: "musl" }, arch);
    assert.ok(musl.length > 0);
    for (const path of musl) assert.match(path, /musl/);
    assert.equal(tried(undefined, arch).length, glibc.length + musl.length);
  });
}

test("loadLibrary() loads the very file that the process has", () => {
  assert.deepEqual(tried({ kind: "glibc", path: "/nix/store/x/lib/libc.so.6" }, "x64"), [
    "/nix/store/x/lib/libc.so.6",
  ]);
});

test("loadLibrary() refuses a libc that was replaced since the process started", () => {
  const platform = { os: "linux", arch: "x64", runtime: "Deno" };
  const loaded = () => ({ kind: "glibc", path: DEBIAN, isReplaced: true } as const);
  const bind = (): Native => assert.fail("Another libc must not come beside it");
  assert.throws(
    () => loadLibrary({ platform, status: () => undefined, bind, loaded }),
    (error) => StoreError.is(error, "UNSUPPORTED_PLATFORM") && /start it again/.test(error.message),
  );
});
