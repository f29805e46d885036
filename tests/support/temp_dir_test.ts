/**
 * The temporary directory: there, empty, and gone afterwards.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

test("temporaryDirectory() makes an empty directory and removes it with all it holds", async () => {
  let path: string;
  {
    await using dir = await temporaryDirectory();
    path = dir.path;
    assert.deepEqual(readdirSync(path), []);
    assert.equal(realpathSync(path), path);
    writeFileSync(join(path, "file"), "content");
  }
  assert.equal(existsSync(path), false);
});

test("temporaryDirectory() may be disposed of twice", async () => {
  const dir = await temporaryDirectory();
  await dir[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
  assert.equal(existsSync(dir.path), false);
});
