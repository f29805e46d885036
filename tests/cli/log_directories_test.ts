/**
 * `--log-directories`: every command finds a log that lies elsewhere, and says what is missing
 * without it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { objectsOf, runCli } from "./cli_child.ts";

test("streambed --log-directories tells every command where the log lies", async () => {
  await using directory = await temporaryDirectory();
  const root = join(directory.path, "root");
  const elsewhere = join(directory.path, "b");
  const logDirectories = ["a", elsewhere];
  const options = { logDirectories, geometry: { segmentByteLength: 8192 } };
  {
    await using store = await openStore(root, options);
    const body = "x".repeat(500);
    await store.appendAll(
      Array.from({ length: 40 }, (_, id) => ({ topic: "T", body, keys: `k${id}` })),
    );
  }
  const said = ["-d", root, "--log-directories", `a,${elsewhere}`];
  const twice = ["-d", root, "--log-directories", "a", "--log-directories", elsewhere];
  for (const words of [said, twice]) {
    const { code, out, err } = await runCli(["verify", ...words, "--json"]);
    assert.equal(code, 0, err);
    const [{ verdict, findings, queues }] = objectsOf(out);
    assert.deepEqual([verdict, findings], ["sound", []]);
    assert.equal((queues as { entryCount: number }).entryCount, 40);
  }
  const cat = await runCli(["cat", "T", ...said, "--json"]);
  assert.equal(objectsOf(cat.out).length, 40);
  const appended = await runCli(["append", "T", ...said], { input: "one more\n" });
  assert.equal(appended.code, 0, appended.err);
  const rebuilt = await runCli(["rebuild", ...said]);
  assert.match(rebuilt.err, /made 41 entries anew/);
  const found = await runCli(["find", "T", "k7", ...said, "--json"]);
  assert.equal(objectsOf(found.out)[0].offset, 7);
  const doctor = await runCli(["doctor", ...said]);
  const broker = new RegExp(`storePathCommitLog=${join(root, "a")},${elsewhere}`);
  assert.match(doctor.out, broker);
  const rescued = join(directory.path, "rescued");
  const salvaged = await runCli(["salvage", rescued, ...said]);
  assert.equal(salvaged.code, 0, salvaged.err);
  const backup = join(directory.path, "backup");
  assert.equal((await runCli(["backup", backup, ...said])).code, 0);
  for (const path of [rescued, root]) {
    await using store = await openStore(path, path === root ? { ...options, readOnly: true } : {});
    assert.equal(store.queue("T").endOffset, 41);
  }
  const [segment] = readdirSync(elsewhere).filter((name) => /^[0-9]+$/.test(name));
  const dumped = await runCli(["dump", "--json", join(elsewhere, segment)]);
  assert.equal(dumped.code, 0, dumped.err);
  for (const command of [["verify"], ["cat", "T"], ["rebuild"], ["append", "T"]]) {
    const { code, out, err } = await runCli([...command, "-d", root], { input: "lost\n" });
    assert.notEqual(code, 0, command.join(" "));
    assert.match(
      `${out}${err}`,
      /--log-directories|ends before|segments|log ends/,
      `${command}: ${out}${err}`,
    );
  }
});
