/**
 * `rebuild`, `backup` and `restore` keep the lengths of a broker's files, which only these files
 * tell.
 *
 * Tests: `cli/rebuild_command.ts`, `cli/doctor/broker_properties.ts`,
 * `storage/life/kept_geometry.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { openGolden } from "../support/golden.ts";
import { objectsOf, runCli } from "./cli_child.ts";

/** What `doctor` would have a broker told of the lengths of files. */
async function settingsOf(root: string): Promise<Record<string, unknown>> {
  const { out } = await runCli(["doctor", "-d", root, "--json"]);
  const settings = Object.entries(objectsOf(out)[0].broker as Record<string, unknown>);
  return Object.fromEntries(settings.filter(([name]) => /^mapp..FileSize|^max[HI]/.test(name)));
}

/** Lengths of what lies in a folder, however deep. */
function lengthsIn(path: string): number[] {
  const names = readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
  return names.map((name) => statSync(join(path, name)))
    .filter((status) => status.isFile())
    .map(({ size }) => size);
}

test("streambed rebuild makes files as long as the broker's were", async () => {
  for (const name of ["broker-5.3.3", "batchcq-5.5.0"]) {
    await using golden = await openGolden(name);
    const before = await settingsOf(golden.root);
    const indexBefore = lengthsIn(join(golden.root, "index"));
    const { code, out, err } = await runCli(["rebuild", "-d", golden.root, "--json"]);
    assert.equal(code, 0, err);
    assert.deepEqual(objectsOf(out)[0].assumed, []);
    assert.deepEqual(await settingsOf(golden.root), before, name);
    assert.deepEqual(lengthsIn(join(golden.root, "index")), indexBefore);
    const [{ verdict, findings }] = objectsOf(
      (await runCli(["verify", "-d", golden.root, "--json"])).out,
    );
    assert.deepEqual([verdict, findings], ["sound", []]);
  }
});

test("streambed rebuild that ends in the middle loses no lengths to the next one", async () => {
  for (const name of ["broker-5.3.3", "batchcq-5.5.0"]) {
    await using golden = await openGolden(name);
    const before = await settingsOf(golden.root);
    // The last name of all that are removed, and no file: all others are gone when that fails.
    const obstacle = join(golden.root, "index/99991231235959999");
    mkdirSync(obstacle);
    const stopped = await runCli(["rebuild", "-d", golden.root]);
    assert.equal(stopped.code, 1, stopped.err);
    rmdirSync(obstacle);
    assert.deepEqual(readdirSync(join(golden.root, "index")), []);
    const { code, out, err } = await runCli(["rebuild", "-d", golden.root, "--json"]);
    assert.equal(code, 0, err);
    assert.deepEqual(objectsOf(out)[0].assumed, []);
    assert.deepEqual(await settingsOf(golden.root), before, name);
  }
});

test("streambed rebuild says with which lengths it made files that nothing told", async () => {
  await using golden = await openGolden("broker-5.3.3");
  rmSync(join(golden.root, "index"), { recursive: true });
  const { code, err } = await runCli(["rebuild", "-d", golden.root]);
  assert.equal(code, 0, err);
  assert.match(err, /^note: nothing told .* with maxHashSlotNum=250000, maxIndexNum=1000000, /m);
  assert.doesNotMatch(err, /mappedFileSizeConsumeQueue/);
  const again = await runCli(["rebuild", "-d", golden.root]);
  assert.doesNotMatch(again.err, /nothing told/, "now the files do, and streambed/meta");
});

test("streambed restore makes a broker's store whose files will be as long as they were", async () => {
  await using golden = await openGolden("broker-5.3.3");
  await using dir = await temporaryDirectory();
  const before = await settingsOf(golden.root);
  const [file, target] = [join(dir.path, "file"), join(dir.path, "target")];
  const made = await runCli(["backup", file, "-d", golden.root]);
  assert.equal(made.code, 0, made.err);
  const restored = await runCli(["restore", file, target]);
  assert.equal(restored.code, 0, restored.err);
  assert.doesNotMatch(made.err + restored.err, /nothing told/);
  assert.deepEqual(await settingsOf(target), before);
  const written = await runCli(["append", "T", "-d", target], { input: "x\n" });
  assert.equal(written.code, 0, written.err);
  assert.deepEqual(lengthsIn(join(target, "index")), lengthsIn(join(golden.root, "index")));
  assert.deepEqual(new Set(lengthsIn(join(target, "consumequeue"))), new Set([2000]));
});

test("streambed backup and restore say which lengths nothing told", async () => {
  await using golden = await openGolden("broker-5.3.3");
  await using dir = await temporaryDirectory();
  rmSync(join(golden.root, "index"), { recursive: true });
  const file = join(dir.path, "file");
  const words = /^note: nothing told .* with maxHashSlotNum=250000, maxIndexNum=1000000, /m;
  assert.match((await runCli(["backup", file, "-d", golden.root])).err, words);
  const restored = await runCli(["restore", file, join(dir.path, "target")]);
  assert.equal(restored.code, 0, restored.err);
  assert.match(restored.err, words);
});

test("streambed restore makes files as a new store was told, of a backup by who made it", async () => {
  await using dir = await temporaryDirectory();
  const [path, file, target] = ["store", "backup", "restored"].map((name) => join(dir.path, name));
  for (const geometry of [{}, { segmentByteLength: 65_536, indexSlotCount: 100 }]) {
    {
      await using store = await openStore(path, { geometry });
      await store.append({ topic: "t", body: "a", keys: "k" });
      await store.backup(file);
    }
    const { code, out, err } = await runCli(["restore", file, target, "--json"]);
    assert.equal(code, 0, err);
    assert.deepEqual(objectsOf(out)[0].assumed, []);
    for (const one of [path, file, target]) rmSync(one, { recursive: true });
  }
});
