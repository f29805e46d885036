/**
 * The helper that crash tests lean on: lines, exits and kills of a child.
 *
 * @module
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { spawnScript } from "../../harness/support/child.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../harness/support/temp_dir.ts";

async function script(dir: TemporaryDirectory, source: string): Promise<string> {
  const path = join(dir.path, "child.ts");
  const text = `import process from "node:process";\n${source}`;
  await writeFile(path, text);
  // What the runtimes beside Deno are given.
  await writeFile(join(dir.path, "child.js"), text);
  await writeFile(join(dir.path, "package.json"), '{"type":"module"}');
  return path;
}

test("spawnScript() hands out complete lines and the unfinished one apart", async () => {
  await using dir = await temporaryDirectory();
  const source = `process.stdout.write("one\\ntwo\\nthr");`;
  await using child = spawnScript(await script(dir, source));

  assert.equal(await child.nextLine(), "one");
  assert.deepEqual(await child.remainingLines(), ["two"]);
  assert.equal(child.unfinishedLine, "thr");
  assert.equal(await child.nextLine(), undefined);
});

test("spawnScript() passes arguments, environment and standard input", async () => {
  await using dir = await temporaryDirectory();
  const source = `console.log(process.argv[2], process.env.WORD);
    let text = "";
    for await (const chunk of process.stdin) text += chunk;
    console.log(text);`;
  const options = { env: { WORD: "env" }, stdin: "stdin" };
  await using child = spawnScript(await script(dir, source), ["arg"], options);

  const lines: string[] = [];
  for await (const line of child) lines.push(line);
  assert.deepEqual(lines, ["arg env", "stdin"]);
});

test("ScriptChild.wait() tells exit code and standard error", async () => {
  await using dir = await temporaryDirectory();
  await using child = spawnScript(await script(dir, `console.error("why"); process.exit(7);`));

  assert.deepEqual(await child.wait(), { code: 7, signal: null, stderr: "why\n" });
});

test("ScriptChild.kill() ends the child at once and keeps the lines it had written", async () => {
  await using dir = await temporaryDirectory();
  const source = `console.log("acknowledged"); setInterval(() => {}, 1000);`;
  await using child = spawnScript(await script(dir, source));

  assert.equal(await child.nextLine(), "acknowledged");
  child.kill();
  assert.deepEqual(await child.wait(), { code: 137, signal: "SIGKILL", stderr: "" });
  child.kill();
});

test("ScriptChild does not lose output of a child that nobody reads while it runs", async () => {
  await using dir = await temporaryDirectory();
  const source = `for (let i = 0; i < 20_000; i++) console.log(String(i).padStart(20));`;
  await using child = spawnScript(await script(dir, source));

  assert.equal((await child.wait()).code, 0);
  assert.equal((await child.remainingLines()).length, 20_000);
});
