/**
 * The Deno back end under grants of all kinds. Each test runs a child, since a grant is the process's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { UnsupportedPlatformError } from "../../ffi/mod.ts";
import { loadDenoLibc } from "../../ffi/deno.ts";
import { libraryCandidates } from "../../ffi/platform.ts";
import { spawnScript } from "../support/child.ts";
import { temporaryDirectory } from "../support/temp_dir.ts";

const CHILD = "tests/ffi/deno_child.ts";
const LIBRARY = libraryCandidates(Deno.build.arch === "x86_64" ? "x86-64" : "arm64")
  .find((path) => existsSync(path)) ?? "";

/** Runs the child with some grants; gives its lines and what it said on standard error. */
async function run(flags: readonly string[], ...args: string[]): Promise<[string[], string]> {
  await using child = spawnScript(CHILD, args, { flags: ["--no-prompt", ...flags] });
  const { stderr } = await child.wait();
  return [await child.remainingLines(), stderr];
}

test("ffi/mod.ts can be imported without any permission", async () => {
  const [lines, stderr] = await run([], "import");
  assert.deepEqual(lines, ["imported"], stderr);
});

test("loadLibc() fails without a grant for FFI, and names the flag", async () => {
  const [lines, stderr] = await run([], "read", "/etc/hostname");
  assert.deepEqual(lines, []);
  assert.match(stderr, /NotCapable: .*--allow-ffi/);
});

test("Libc.denied() refuses what FFI alone would reach, and says which flag allows it", async () => {
  await using dir = await temporaryDirectory();
  const [lines] = await run(["--allow-ffi"], "denied", dir.path);
  assert.deepEqual(lines, [`--allow-read=${dir.path}`, `--allow-write=${dir.path}`]);
});

test("Libc.denied() allows what is granted, below a granted folder too", async () => {
  await using dir = await temporaryDirectory();
  const grants = [`--allow-read=${dir.path}`, `--allow-write=${dir.path}`];
  const [lines] = await run(["--allow-ffi", ...grants], "denied", `${dir.path}/store`);
  assert.deepEqual(lines, ["granted", "granted"]);
});

test("Libc.denied() refuses a folder of which a part is denied", async () => {
  await using dir = await temporaryDirectory();
  const flags = ["--allow-ffi", "--allow-read", `--deny-read=${dir.path}/sub`, "--allow-write"];
  const [lines] = await run(flags, "denied", dir.path);
  assert.deepEqual(lines, [`--allow-read=${dir.path}`, "granted"]);
});

test("Libc.denied() gives a flag that a shell and Deno read back as the same path", async () => {
  await using dir = await temporaryDirectory();
  for (const name of ["it's $x", "a,b"]) {
    const path = `${dir.path}/${name}`;
    const [[remedy = ""]] = await run(["--allow-ffi"], "denied", path);
    const flag = execFileSync("sh", ["-c", `printf %s ${remedy}`], { encoding: "utf8" });
    const [lines, stderr] = await run(["--allow-ffi", flag], "denied", path);
    assert.equal(lines[0], "granted", stderr);
  }
});

test("loadLibc() under a grant that names the library reads and writes, and mmap() gives EACCES", async () => {
  await using dir = await temporaryDirectory();
  const [lines, stderr] = await run([`--allow-ffi=${LIBRARY}`], "use", `${dir.path}/file`);
  assert.deepEqual(lines, ["pwrite 3", "pread 3", "EBADF", "mmap EACCES"], stderr);
});

test("loadLibc() under a grant for everything maps too", async () => {
  await using dir = await temporaryDirectory();
  const [lines, stderr] = await run(["--allow-ffi"], "use", `${dir.path}/file`);
  assert.deepEqual(lines, ["pwrite 3", "pread 3", "EBADF", "mmap 4096"], stderr);
});

test("loadLibc() asks for no other permission when reading is granted", async () => {
  await using dir = await temporaryDirectory();
  const [lines, stderr] = await run(["--allow-ffi", "--allow-read"], "use", `${dir.path}/file`);
  assert.equal(lines.length, 4, stderr);
});

test("loadLibc() does not load a library that lies in the current directory", async () => {
  await using dir = await temporaryDirectory();
  writeFileSync(`${dir.path}/libc.so.6`, "not a library");
  await using child = spawnScript(CHILD, ["chdir", dir.path], { flags: ["-A"] });
  assert.equal(await child.nextLine(), "loaded");
});

test("loadDenoLibc() refuses a library that others can write, whether it may look before or not", async () => {
  await using dir = await temporaryDirectory();
  const library = `${dir.path}/libc.so.6`;
  copyFileSync(LIBRARY, library);
  for (const mode of [0o757, 0o775]) {
    chmodSync(library, mode);
    for (const flags of [["--allow-ffi"], ["--allow-ffi", "--allow-read"]]) {
      const [lines] = await run(flags, "load", library);
      assert.deepEqual(lines, ["TypeError: others can write it, take write permission from them"]);
    }
  }
  chmodSync(library, 0o755);
  assert.deepEqual(await run(["--allow-ffi"], "load", library), [["loaded"], ""]);
});

test("loadDenoLibc() refuses a relative path, and names what is no library", () => {
  assert.throws(() => loadDenoLibc("libc.so.6"), TypeError);
  assert.throws(() => loadDenoLibc("/nonexistent/libc.so.6"), UnsupportedPlatformError);
});

test("loadDenoLibc() looks at a library before it loads it, where reading is granted", async () => {
  await using dir = await temporaryDirectory();
  const library = `${dir.path}/libc.so.6`;
  writeFileSync(library, "not a library");
  chmodSync(library, 0o666);
  const [looked] = await run(["--allow-ffi", "--allow-read"], "load", library);
  assert.match(looked[0] ?? "", /^TypeError: others can write it/);
  const [loaded] = await run(["--allow-ffi"], "load", library);
  assert.match(loaded[0] ?? "", /^UnsupportedPlatformError/);
});
