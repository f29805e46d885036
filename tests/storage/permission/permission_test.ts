/**
 * A store under Deno's smallest grants: what it needs, what it says when something is missing, and
 * that what it says is enough. Each test runs children, since a grant is the process's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { arch } from "node:os";
import { test } from "node:test";
import { libraryCandidates } from "../../../ffi/platform.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { permissionDenied } from "../../../storage/errors.ts";
import { RUNTIME } from "../../../harness/support/runtime.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const CANDIDATES = libraryCandidates(arch() === "x64" ? "x86-64" : "arm64");
const LIBRARY = CANDIDATES.find((path) => existsSync(path)) ?? "";
const FFI = `--allow-ffi=${LIBRARY}`;
const ON_DENO = skipUnless(RUNTIME === "deno", "the grants are Deno's");
// What a grant that names nothing allows is what everything is compared with.
const ALL = ["--allow-ffi", "--allow-read", "--allow-write"];

/** Runs the child under some grants; gives what it says. */
async function run(flags: readonly string[], ...args: string[]): Promise<string> {
  await using child = spawnScript("tests/storage/permission/permission_child.ts", args, {
    flags: { deno: ["--no-prompt", ...flags] },
  });
  const { stderr } = await child.wait();
  const lines = await child.remainingLines();
  assert.equal(lines.length, 1, stderr);
  return lines[0];
}

/** What a store says that is not permitted, as a shell reads it. */
async function missingFlags(flags: readonly string[], ...args: string[]): Promise<string[]> {
  const said = await run(flags, ...args);
  const remedy = /^PERMISSION_DENIED (.*)$/.exec(said)?.[1];
  assert.ok(remedy !== undefined, said);
  const words = execFileSync("sh", ["-c", `printf '%s\\n' ${remedy}`], { encoding: "utf8" });
  return words.trimEnd().split("\n");
}

test("permissionDenied() names each flag once", () => {
  const { message, remedy } = permissionDenied("/data", "--allow-ffi --allow-read=/data");
  assert.equal(
    message,
    'Cannot open "/data": permissions are missing, start with these; --allow-ffi --allow-read=/data',
  );
  assert.equal(remedy, "--allow-ffi --allow-read=/data");
});

for (const writePath of ["staged", "mapped"]) {
  test(
    `openStore() needs libc and its directory, nothing else (${writePath})`,
    ON_DENO,
    async () => {
      await using dir = await temporaryDirectory();
      const path = `${dir.path}/store`;
      const grants = [FFI, `--allow-read=${path}`, `--allow-write=${path}`];
      const written = await run(grants, writePath, path);
      assert.match(written, /^[0-9a-f]{64}$/);
      for (const flags of [ALL, grants, [FFI, `--allow-read=${path}`]]) {
        assert.equal(await run(flags, "read", path), written);
      }
    },
  );
}

test("openStore() reads by copies what was written through views", ON_DENO, async () => {
  await using dir = await temporaryDirectory();
  const written = await run(ALL, "mapped", dir.path);
  assert.equal(await run([FFI, `--allow-read=${dir.path}`], "read", dir.path), written);
});

test(
  "openStore() names all flags that are missing at once, and they are enough",
  ON_DENO,
  async () => {
    await using dir = await temporaryDirectory();
    // A name that a shell would take apart.
    const path = `${dir.path}/it's a store`;
    mkdirSync(path, { mode: 0o700 });
    const [read, write] = [`--allow-read=${path}`, `--allow-write=${path}`];
    for (const granted of [[], [FFI], [FFI, read], [FFI, write], ["--allow-ffi"], [read, write]]) {
      const missing = await missingFlags(granted, "staged", path);
      const isFfiGranted = granted.some((flag) => flag.startsWith("--allow-ffi"));
      const needed = [...(isFfiGranted ? [] : [`--allow-ffi=${CANDIDATES[0]}`]), read, write];
      assert.deepEqual(missing, needed.filter((flag) => !granted.includes(flag)));
    }
    const missing = await missingFlags([], "staged", path);
    const enough = missing.map((flag) => flag.startsWith("--allow-ffi") ? FFI : flag);
    assert.match(await run(enough, "staged", path), /^[0-9a-f]{64}$/);
  },
);

test("openStore() does not ask a reader for permission to write", ON_DENO, async () => {
  await using dir = await temporaryDirectory();
  const written = await run(ALL, "staged", dir.path);
  const missing = await missingFlags([], "read", dir.path);
  assert.deepEqual(missing, [`--allow-ffi=${CANDIDATES[0]}`, `--allow-read=${dir.path}`]);
  assert.equal(await run([FFI, missing[1]], "read", dir.path), written);
});

test("openStore() names the library that is there where it may look", ON_DENO, async () => {
  await using dir = await temporaryDirectory();
  const missing = await missingFlags(["--allow-read"], "read", dir.path);
  assert.deepEqual(missing, [FFI]);
});

test("openStore() takes a part that is denied for a denial of the store", ON_DENO, async () => {
  await using dir = await temporaryDirectory();
  const denied = `--deny-write=${dir.path}/commitlog`;
  const missing = await missingFlags([...ALL, denied], "staged", dir.path);
  assert.deepEqual(missing, [`--allow-write=${dir.path}`]);
});
