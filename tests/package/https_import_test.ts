/**
 * The source tree imported by address: no package, no configuration, no import map.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { promisify } from "node:util";
import {
  type Example,
  importFrom,
  moduleExamples,
  readExports,
  readmeExamples,
} from "../support/examples.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { serveSource } from "./source_server.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program far from the project, with a cache in which nothing was before the test. */
async function runAway(root: string, ...words: string[]): Promise<Outcome> {
  const args = ["run", "--no-config", "--no-lock", "--no-prompt", "--quiet", ...words];
  const options = { cwd: root, env: { ...env, DENO_DIR: join(root, "cache"), NO_COLOR: "1" } };
  try {
    const { stdout, stderr } = await promisify(execFile)(Deno.execPath(), args, options);
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Outcome;
    return { code, stdout, stderr };
  }
}

/** Writes a program in which the package's names are addresses. */
async function writeProgram(root: string, example: Example, base: string): Promise<string> {
  const script = join(root, `${example.name}.ts`);
  await writeFile(script, importFrom(example.source, await readExports(), base));
  return script;
}

Deno.test("mod.ts is imported by address, and the examples of README.md run with it", async () => {
  await using server = await serveSource();
  await using directory = await temporaryDirectory();
  const root = directory.path;
  const grants = ["--allow-ffi", `--allow-read=${root}`, `--allow-write=${root}`];
  for (const example of await readmeExamples()) {
    const script = await writeProgram(root, example, server.base);
    const { code, stderr } = await runAway(
      root,
      `--allow-import=${server.host}`,
      ...grants,
      script,
    );
    assert.deepEqual([code, stderr], [0, ""], example.name);
  }
  assert.ok(server.served.has("mod.ts") && server.served.has("adapters/web/sink.ts"));
  assert.deepEqual([...server.missed], [], "Nothing beside what is published is asked for");
});

Deno.test("every module is imported by address, and its own example runs with it", async () => {
  await using server = await serveSource();
  await using directory = await temporaryDirectory();
  for (const example of await moduleExamples()) {
    const script = await writeProgram(directory.path, example, server.base);
    const { code, stderr } = await runAway(directory.path, "-A", script);
    assert.deepEqual([code, stderr], [0, ""], example.name);
  }
  for (const file of Object.values(await readExports())) {
    assert.ok(server.served.has(file.slice("./".length)), file);
  }
  assert.deepEqual([...server.missed], []);
});

Deno.test("the command line is run by address", async () => {
  await using server = await serveSource();
  await using directory = await temporaryDirectory();
  const address = `${server.base}cli/mod.ts`;
  const { code, stdout, stderr } = await runAway(directory.path, "-A", address, "--version");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^\d+\.\d+\.\d+/);
});
