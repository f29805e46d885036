/**
 * A reader that reads as a group under the smallest grants: it writes into `streambed/groups` and
 * nowhere else. Each test runs children, since a grant is the process's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { libraryCandidates } from "../../../ffi/platform.ts";
import { openStore } from "../../../mod.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { appendSample, SAMPLE_OPTIONS } from "../../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { RUNTIME } from "../../../harness/support/runtime.ts";
import { skipUnless } from "../../support/skip.ts";

const HAS_GRANTS = skipUnless(RUNTIME !== "bun", "Bun has no permissions");
const LIBRARY = libraryCandidates(arch() === "x64" ? "x86-64" : "arm64")
  .find((path) => existsSync(path)) ?? "";
const ON_NODE = ["--permission", "--allow-addons", "--allow-fs-read=*"];
const WRITE = RUNTIME === "node" ? "--allow-fs-write" : "--allow-write";

/** Runs the child, which may read the store, and write what is named; gives what it says. */
async function run(action: string, path: string, ...mayWrite: string[]): Promise<string> {
  const grants = mayWrite.map((one) => `${WRITE}=${one}`);
  const onDeno = ["--no-prompt", `--allow-ffi=${LIBRARY}`, `--allow-read=${path}`];
  await using child = spawnScript("tests/storage/permission/permission_child.ts", [action, path], {
    flags: { deno: [...onDeno, ...grants], node: [...ON_NODE, ...grants] },
  });
  const { stderr } = await child.wait();
  const lines = await child.remainingLines();
  assert.equal(lines.length, 1, stderr);
  return lines[0];
}

async function makeStore(path: string): Promise<void> {
  await using store = await openStore(path, SAMPLE_OPTIONS);
  await appendSample(store);
}

/** Every file and folder with what is in it, and when that was changed. */
function treeOf(root: string): ReadonlyMap<string, string> {
  const names = [".", ...readdirSync(root, { recursive: true, encoding: "utf8" })];
  return new Map(names.map((name) => {
    const path = join(root, name);
    const status = statSync(path);
    const content = status.isFile() ? readFileSync(path, "latin1") : "";
    return [name, `${status.mtimeMs} ${content}`];
  }));
}

test(
  "source() reads as a group where only streambed/groups may be written",
  HAS_GRANTS,
  async () => {
    await using dir = await temporaryDirectory();
    await makeStore(dir.path);
    const folder = join(dir.path, "streambed/groups");
    assert.equal(await run("group", dir.path, folder), "0 1");
    assert.equal(await run("group", dir.path, folder), "2 3");
    assert.equal(await run("move", dir.path, folder), "moved");
    assert.equal(await run("group", dir.path, folder), "1 2");
  },
);

for (const action of ["group", "move"]) {
  test(
    `openStore() to read, then ${action} names the flag that is missing, and changes nothing`,
    HAS_GRANTS,
    async () => {
      await using dir = await temporaryDirectory();
      await makeStore(dir.path);
      const before = treeOf(dir.path);
      const missing = `${WRITE}=${join(dir.path, "streambed/groups")}`;
      assert.equal(await run(action, dir.path), `PERMISSION_DENIED ${missing}`);
      assert.deepEqual(treeOf(dir.path), before);
    },
  );
}

test(
  "source() makes the folder of the groups where an older release wrote",
  HAS_GRANTS,
  async () => {
    await using dir = await temporaryDirectory();
    await makeStore(dir.path);
    const folder = join(dir.path, "streambed/groups");
    rmSync(folder, { recursive: true });
    assert.equal(await run("group", dir.path), `PERMISSION_DENIED ${WRITE}=${folder}`);
    assert.equal(existsSync(folder), false);
    assert.equal(await run("group", dir.path, folder), "0 1");
  },
);

test("source() asks for streambed/ where only RocketMQ wrote, once", HAS_GRANTS, async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const own = join(dir.path, "streambed");
  rmSync(own, { recursive: true });
  const folder = join(own, "groups");
  assert.equal(await run("group", dir.path, folder), `PERMISSION_DENIED ${WRITE}=${own}`);
  assert.equal(existsSync(own), false);
  assert.equal(await run("group", dir.path, own), "0 1");
  assert.equal(await run("group", dir.path, folder), "2 3");
});
