/**
 * Runs the example at the head of every module that users import.
 *
 * @module
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { spawnScript } from "../../harness/support/child.ts";
import { importFrom, moduleExamples, readExports, ROOT } from "../support/examples.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

Deno.test("every module that users import has an example that type-checks and runs", async () => {
  await using directory = await temporaryDirectory();
  const exports = await readExports();
  const names: string[] = [];
  for (const { name, source } of await moduleExamples()) {
    const program = importFrom(source, exports, pathToFileURL(ROOT).href);
    await writeFile(join(directory.path, `${name}.ts`), program);
    names.push(name);
  }
  assert.equal(names.length, Object.keys(exports).length);
  // In one process: the library is checked and loaded once.
  const all = join(directory.path, "all.ts");
  await writeFile(all, names.map((name) => `import "./${name}.ts";\n`).join(""));

  await using child = spawnScript(all, [], { flags: { deno: ["-A", "--check"] } });
  const { code, stderr } = await child.wait();
  assert.equal(code, 0, stderr);
});
