/**
 * The Deno back end under grants of all kinds. Each test runs a child, since a grant is the
 * process's.
 *
 * Tests: `library_denied.ts`, `shell_word.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { loadDenoLibc } from "../../ffi/deno.ts";
import { libraryCandidates } from "../../ffi/platform.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const CHILD = "tests/ffi/deno_child.ts";
const KIND = Deno.build.target.endsWith("musl") ? "musl" : "glibc";
const ARCHITECTURE = Deno.build.arch === "x86_64" ? "x86-64" : "arm64";
/** Where its own libc may be: another kind must not come beside it, whatever is granted. */
const CANDIDATES = libraryCandidates(ARCHITECTURE, { kind: KIND });
const LIBRARY = CANDIDATES.find((path) => existsSync(path)) ?? "";

/** Runs the child with some grants; gives its lines and what it said on standard error. */
async function run(flags: readonly string[], ...args: string[]): Promise<[string[], string]> {
  await using child = spawnScript(CHILD, args, { flags: { deno: ["--no-prompt", ...flags] } });
  const { stderr } = await child.wait();
  return [await child.remainingLines(), stderr];
}

test("Libc.pollAsync() is not ended by a signal to the thread that waits", async () => {
  await using dir = await temporaryDirectory();
  await using child = spawnScript("tests/ffi/signal_child.ts", [LIBRARY, `${dir.path}/file`]);
  const { stderr } = await child.wait();
  assert.deepEqual(await child.remainingLines(), ["1"], stderr);
});

test("ffi/mod.ts can be imported without any permission", async () => {
  const [lines, stderr] = await run([], "import");
  assert.deepEqual(lines, ["imported"], stderr);
});

test("loadLibc() fails without a grant for FFI, and names the flag that is enough", async () => {
  // Not knowing where it is, it names the likeliest place; when it may look, the place where it is.
  for (const flags of [[], ["--allow-read"]]) {
    const [lines, stderr] = await run(flags, "read", "/etc/hostname");
    assert.deepEqual(lines, []);
    const path = flags.length === 0 ? CANDIDATES[0] : LIBRARY;
    const message =
      `LibraryDeniedError: Cannot load libc: not permitted; start with --allow-ffi=${path}`;
    assert.ok(stderr.includes(`${message}\n`), stderr);
  }
});

test("loadLibc() takes the library by the name that was granted, where a link gives it several", async () => {
  await using dir = await temporaryDirectory();
  const names = CANDIDATES.filter((path) => existsSync(path));
  for (const [index, name] of names.entries()) {
    const file = `${dir.path}/${index}`;
    for (const grant of [name, dirname(name)]) {
      const [lines, stderr] = await run([`--allow-ffi=${grant}`], "use", file);
      assert.equal(lines.at(-1), "mmap 3 CopiedMemory", stderr);
    }
  }
});

test("loadLibc() names another place when the one that was granted has no library", async () => {
  const absent = CANDIDATES.find((path) => !existsSync(path)) ?? "";
  const [, stderr] = await run([`--allow-ffi=${absent}`], "read", "/etc/hostname");
  const other = CANDIDATES.find((path) => path !== absent);
  assert.ok(stderr.includes(`start with --allow-ffi=${other}\n`), stderr);
});

test("loadLibc() is not led to a grant for a libc of the other kind", async () => {
  const others = libraryCandidates(ARCHITECTURE).filter((path) => !CANDIDATES.includes(path));
  const grant = others.find((path) => existsSync(path)) ?? others[0];
  const [, stderr] = await run([`--allow-ffi=${grant}`], "read", "/etc/hostname");
  assert.ok(stderr.includes(`start with --allow-ffi=${CANDIDATES[0]}\n`), stderr);
});

test("loadLibc() is not led to a grant for a bare name, and names the whole path", async () => {
  const [, stderr] = await run(["--allow-ffi=libc.so.6"], "read", "/etc/hostname");
  assert.ok(stderr.includes(`start with --allow-ffi=${CANDIDATES[0]}\n`), stderr);
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

test("loadLibc() under a grant that names the library reads, writes and maps, by copies", async () => {
  await using dir = await temporaryDirectory();
  const [lines, stderr] = await run([`--allow-ffi=${LIBRARY}`], "use", `${dir.path}/file`);
  assert.deepEqual(lines, ["pwrite 3", "pread 3", "EBADF", "mmap 3 CopiedMemory"], stderr);
});

test("loadLibc() under a grant for everything looks at mapped memory itself", async () => {
  await using dir = await temporaryDirectory();
  const [lines, stderr] = await run(["--allow-ffi"], "use", `${dir.path}/file`);
  assert.deepEqual(lines, ["pwrite 3", "pread 3", "EBADF", "mmap 3 MappedMemory"], stderr);
});

test("loadLibc() asks for no other permission when reading is granted", async () => {
  await using dir = await temporaryDirectory();
  const [lines, stderr] = await run(["--allow-ffi", "--allow-read"], "use", `${dir.path}/file`);
  assert.equal(lines.length, 4, stderr);
});

test("loadLibc() does not load a library that lies in the current directory", async () => {
  await using dir = await temporaryDirectory();
  writeFileSync(`${dir.path}/libc.so.6`, "not a library");
  await using child = spawnScript(CHILD, ["chdir", dir.path], { flags: { deno: ["-A"] } });
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
      assert.deepEqual(lines, ["StoreError: others can write it; take write permission from them"]);
    }
  }
  chmodSync(library, 0o755);
  assert.deepEqual(await run(["--allow-ffi"], "load", library), [["loaded"], ""]);
});

test("loadDenoLibc() refuses a relative path, and names what is no library", () => {
  assert.throws(() => loadDenoLibc("libc.so.6"), TypeError);
  assert.throws(() => loadDenoLibc("/nonexistent/libc.so.6"), { code: "UNSUPPORTED_PLATFORM" });
});

test("loadDenoLibc() looks at a library before it loads it, where reading is granted", async () => {
  await using dir = await temporaryDirectory();
  const library = `${dir.path}/libc.so.6`;
  writeFileSync(library, "not a library");
  chmodSync(library, 0o666);
  const [looked] = await run(["--allow-ffi", "--allow-read"], "load", library);
  assert.match(looked[0] ?? "", /^StoreError: others can write it/);
  const [loaded] = await run(["--allow-ffi"], "load", library);
  assert.match(loaded[0] ?? "", /^StoreError/);
});
