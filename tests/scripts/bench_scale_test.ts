/**
 * What needs tens of gigabytes, in little: every scene is played, and a disk that is too small is
 * told before anything is written.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Run } from "../../scripts/bench/run.ts";
import { neededByteLength, scaleScenes } from "../../scripts/bench/scenes/scale_scenes.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { pathOf } from "./bench/few_programs.ts";

const SCRIPT = "scripts/bench_scale.ts";

test("bench:scale plays every scene with a thousandth, and says who is missing", async () => {
  await using dir = await temporaryDirectory();
  await using programs = await temporaryDirectory();
  const env = { PATH: pathOf(programs.path, ["dd"]), PEERS_HOME: join(programs.path, "built") };
  const args = ["--gigabytes", "0.04", "--rounds", "1", "--json", "--dir", dir.path];
  await using child = spawnScript(SCRIPT, args, { env });
  const lines = await child.remainingLines();
  const { code, stderr } = await child.wait();
  assert.equal(code, 0, stderr);
  const run: Run = JSON.parse(lines.join("\n"));
  assert.deepEqual(run.scenes.map(({ id }) => id), scaleScenes(1).map(({ id }) => id));
  for (const { missing } of run.peers) assert.match(missing ?? "", /needs java/);
  const rowsOf = (id: string) => run.scenes.find((scene) => scene.id === id)!.rows;
  assert.deepEqual(rowsOf("sustained").map(({ name }) => name), [
    "staged",
    "mapped",
    "dd, flushed alike",
  ]);
  for (const { latencyMicros } of rowsOf("latency")) {
    const { p50, p99, p999, max } = latencyMicros!;
    assert.ok(p50 > 0 && p50 <= p99 && p99 <= p999 && p999 <= max);
  }
  for (const id of ["opening", "growth"]) {
    assert.deepEqual(rowsOf(id).map(({ name }) => name), ["empty", "full"]);
  }
  assert.match(stderr, /p99\.9 µs/);
  assert.deepEqual(readdirSync(dir.path), []);
});

test("bench:scale does not start where the disk has no room", async () => {
  await using dir = await temporaryDirectory();
  await using child = spawnScript(SCRIPT, ["--gigabytes", "1e9", "--dir", dir.path]);
  const { code, stderr } = await child.wait();
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Cannot start the benchmark: .* has [\d.]+ GB free, and it needs [\d.]+ GB/,
  );
  assert.deepEqual(readdirSync(dir.path), []);
});

test("neededByteLength() has room for the largest store, records and all", () => {
  // A record of 1 KiB takes 1,128 bytes here, its queue entry 20.
  for (const gigabytes of [0.01, 1, 40]) {
    assert.ok(neededByteLength(gigabytes) > gigabytes * 1e9 * 1148 / 1024);
  }
});

test("bench:scale refuses options that it does not know, or that mean nothing", async () => {
  for (
    const args of [["--fast"], ["--gigabytes", "0"], ["--rounds", "1.5"], ["--only", "nothing"], [
      "more",
    ]]
  ) {
    await using child = spawnScript(SCRIPT, args);
    const { code, stderr } = await child.wait();
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, /--gigabytes G/);
  }
});
