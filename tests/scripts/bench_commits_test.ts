/**
 * The comparison of commits: it plays every scene with two trees and leaves nothing behind. No
 * figure is judged.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { measureTurns, SCENE_NAMES } from "../../scripts/bench/commit_scenes.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const SCRIPT = "scripts/bench_commits.ts";
const HERE = fileURLToPath(new URL("../..", import.meta.url));

for (const [index, scene] of SCENE_NAMES.entries()) {
  test(`measureTurns() plays ${scene} in both trees`, async () => {
    await using directory = await temporaryDirectory();
    const first = index % 2 === 0 ? "base" : "here";
    const plan = { turns: 2, directory: directory.path, first } as const;
    const times = await measureTurns(scene, { base: HERE, here: HERE }, plan);
    assert.ok(times.base > 0 && times.here > 0, JSON.stringify(times));
    assert.deepEqual(readdirSync(directory.path), []);
  });
}

test("measureTurns() leaves nothing behind where a version fails", async () => {
  await using directory = await temporaryDirectory();
  await using broken = await temporaryDirectory();
  const node = join(broken.path, "adapters/node");
  mkdirSync(node, { recursive: true });
  writeFileSync(join(node, "mod.ts"), "export {};");
  writeFileSync(
    join(broken.path, "mod.ts"),
    "export function openStore() { throw new Error('no'); }",
  );
  const plan = { turns: 2, directory: directory.path, first: "here" } as const;
  const roots = { base: broken.path, here: HERE };
  await assert.rejects(measureTurns("appendAll, staged", roots, plan), /^Error: no$/);
  assert.deepEqual(readdirSync(directory.path), []);
});

test("bench:commits refuses what means nothing, and a commit that there is not", async () => {
  for (
    const args of [[], ["--base", "HEAD", "--rounds", "0"], ["--base", "HEAD", "--rounds", "9"], [
      "--base",
      "HEAD",
      "--fast",
    ]]
  ) {
    await using child = spawnScript(SCRIPT, args);
    const { code, stderr } = await child.wait();
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, /--base REV/);
  }
  await using child = spawnScript(SCRIPT, ["--base", "no-such-commit"]);
  const { code, stderr } = await child.wait();
  assert.equal(code, 1);
  assert.match(stderr, /Cannot compare: git worktree failed: fatal/);
});
