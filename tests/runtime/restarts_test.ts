/**
 * Programs that follow each other in one process of Deno: `deno run --watch`, and the files of
 * `deno test`. None of them closes its store.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { test } from "node:test";
import { spawnScript } from "../../harness/support/child.ts";
import { RUNTIME } from "../../harness/support/runtime.ts";
import { skipUnless } from "../support/skip.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../harness/support/temp_dir.ts";

const LIBRARY = new URL("../../storage/mod.ts", import.meta.url).href;
const isDeno = skipUnless(RUNTIME === "deno", "only Deno runs one program after the other");

/** How a run ends, and what of it the next one must not meet. */
const ENDS = {
  "is reloaded": "setInterval(() => {}, 1000);",
  "throws": 'setTimeout(() => { throw new Error("thrown"); }, 0);',
  "throws as it is loaded": 'throw new Error("thrown");',
  "waits for ever": "await new Promise(() => {});",
  "has nothing left to do": "",
};

/** A program that appends, follows, says what it sees and has open, and ends. */
function program(path: string, end: string): string {
  return `import { openStore } from ${JSON.stringify(LIBRARY)};
const path = ${JSON.stringify(path)};
const options = {
  geometry: { segmentByteLength: 64 * 1024 },
  tuning: { flushThoroughIntervalMs: 50 },
};
const store = await openStore(path, options);
const own = [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
  try {
    return Deno.readLinkSync("/proc/self/fd/" + name).startsWith(path);
  } catch {
    return false;
  }
});
const { offset } = await store.append({ topic: "T", body: "x" }, { durability: "committed" });
console.log("offset " + offset + ", open " + own.length);
${end}
`;
}

test("openStore() goes on after a reload by deno run --watch", isDeno, async () => {
  await using directory = await temporaryDirectory();
  const script = join(directory.path, "program.ts");
  const data = join(directory.path, "data");
  const ends = [...Object.values(ENDS), ...Object.values(ENDS)];
  writeFileSync(script, program(data, ends[0]));
  const flags = { deno: ["-A", "--no-check", "--watch"] };
  await using child = spawnScript(script, [], { flags });
  const lines: (string | undefined)[] = [await child.nextLine()];
  for (const [index, end] of ends.slice(1).entries()) {
    writeFileSync(script, `// ${index}\n${program(data, end)}`);
    lines.push(await child.nextLine());
  }
  const opened = lines.map((line) => /open (\d+)$/.exec(line ?? "")?.[1]);
  // The first makes the files; the others find them.
  assert.deepEqual(new Set(opened.slice(2)).size, 1, `what is open grows: ${opened}`);
  const offsets = lines.map((line) => /^offset (\d+)/.exec(line ?? "")?.[1]);
  assert.deepEqual(offsets, ends.map((_, index) => `${index}`));
});

test("openStore() goes on in the next file of deno test", isDeno, async () => {
  await using directory = await temporaryDirectory();
  const data = join(directory.path, "data");
  const ends = ["setInterval(() => {}, 1000);", 'throw new Error("thrown");', "", ""];
  for (const [index, end] of ends.entries()) {
    const source = `${program(data, "")}Deno.test("it", () => {});\n${end}\n`;
    writeFileSync(join(directory.path, `${index}_test.ts`), source);
  }
  const said = await testOutput(directory);
  const offsets = Array.from(said.matchAll(/^offset (\d+)/gm), ([, offset]) => offset);
  assert.deepEqual(offsets, ["0", "1", "2", "3"], said);
});

function testOutput({ path }: TemporaryDirectory): Promise<string> {
  const args = ["test", "-A", "--no-check", path];
  return new Promise((resolve) =>
    execFile(execPath, args, (_error, stdout, stderr) => resolve(stdout + stderr))
  );
}
