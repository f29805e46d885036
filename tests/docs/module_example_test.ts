/**
 * Runs the example of mod.ts.
 *
 * `deno test --doc` would import every name of the module beside those that the example imports itself, and then
 * refuse the unused ones.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { spawnScript } from "../support/child.ts";
import { temporaryDirectory } from "../support/temp_dir.ts";

const MODULE = new URL("../../mod.ts", import.meta.url);
const EXAMPLE = /@example .*\n \* ```ts ignore\n([^]*?)\n \* ```/;

test("mod.ts has an example that type-checks and runs", async () => {
  const [, block] = EXAMPLE.exec(await readFile(MODULE, "utf8")) ?? [];
  assert.ok(block, "The module doc has an example");
  const lines = block.split("\n").map((line) => line.replace(/^ \* ?/, ""));
  const source = lines.join("\n").replaceAll('"@streambed/log"', JSON.stringify(MODULE.href));
  assert.ok(source.includes(MODULE.href), "The example imports the package by its name");
  await using directory = await temporaryDirectory();
  const script = join(directory.path, "example.ts");
  await writeFile(script, source);

  await using child = spawnScript(script, [], { flags: ["-A", "--check"] });
  const { code, stderr } = await child.wait();
  assert.equal(code, 0, stderr);
});
