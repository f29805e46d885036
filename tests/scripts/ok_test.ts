/**
 * The gate judged from outside: projects with one planted fault each, and the exit code it ends
 * with.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const OK = fileURLToPath(new URL("../../scripts/ok.ts", import.meta.url));
const SKIP = new URL("../support/skip.ts", import.meta.url).href;

const CONFIG = JSON.stringify({
  name: "@streambed/log",
  version: "0.1.0",
  license: "Apache-2.0",
  exports: { ".": "./mod.ts" },
  fmt: { include: ["*.ts"] },
  test: { include: ["tests/"] },
  publish: { include: ["mod.ts"] },
});

const EXAMPLE = `/**
 * A module.
 *
 * @example Usage
 * \`\`\`ts
 * import { one } from "@streambed/log";
 *
 * if (one() !== 1) throw new Error("one");
 * await Deno.writeTextFile("left_behind", "");
 * \`\`\`
 *
 * @module
 */

/** Gives one. */
export function one(): number {
  return 1;
}
`;

// Its test is in a folder that every runtime runs.
const GOOD_PROJECT = {
  "deno.json": CONFIG,
  "mod.ts": EXAMPLE,
  "tests/runtime/a_test.ts": 'import { test } from "node:test";\n\ntest("passes", () => {});\n',
};

interface Run {
  readonly code: number;
  readonly lastLine: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the gate in a good project, over which `files` are laid. */
async function gate(files: Record<string, string>, args: string[]): Promise<Run> {
  await using dir = await temporaryDirectory();
  for (const [name, content] of Object.entries({ ...GOOD_PROJECT, ...files })) {
    const path = join(dir.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", OK, ...args],
    cwd: dir.path,
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder().decode(stdout);
  const lastLine = text.trimEnd().split("\n").at(-1) ?? "";
  return { code, lastLine, stdout: text, stderr: new TextDecoder().decode(stderr) };
}

async function assertFails(args: string, files: Record<string, string>): Promise<Run> {
  const run = await gate(files, ["--only", ...args.split(" ")]);
  assert.equal(run.code, 1, run.stdout + run.stderr);
  assert.match(run.lastLine, /^\d+ passed, [1-9]\d* failed(, \d+ skipped)?$/);
  return run;
}

function testFile(body: string): Record<string, string> {
  return { "tests/runtime/a_test.ts": `import { test } from "node:test";\n\n${body}\n` };
}

test("the gate passes a good project, counting checks and tests", async () => {
  const run = await gate({}, []);

  assert.equal(run.code, 0, run.stdout + run.stderr);
  // Five checks, an example, and a test on each of five runtimes.
  assert.equal(run.lastLine, "11 passed, 0 failed");
  assert.equal(run.stdout.match(/^\d+ passed, /gm)?.length, 1);
});

test("the gate fails on each check's fault", async () => {
  const faults: readonly (readonly [check: string, good: string, bad: string, said: RegExp])[] = [
    ["fmt", "return 1", "return  1", /not formatted/],
    ["lint", "return 1", "debugger; return 1", /no-debugger/],
    ["types", "return 1", 'return "1"', /TS2322/],
    ["docs", "return 1;\n}", "return 1;\n}\nexport const two: number = 2;", /missing-jsdoc/],
    ["package", "one(): number", "one()", /missing-explicit-return-type/],
    ["examples", "one() !== 1", "one() !== 2", /Error: one/],
    ["examples", "```ts", "```ts ignore", /no test ran/],
  ];
  for (const [check, good, bad, said] of faults) {
    const run = await assertFails(check, { "mod.ts": EXAMPLE.replace(good, bad) });
    assert.match(run.stdout + run.stderr, said);
  }
});

test("the gate fails on a block of a page that no rule is for", async () => {
  const page = "# Page\n\n```tsx\n1;\n```\n";
  const run = await assertFails("examples", { "docs/page.md": page });

  assert.equal(run.lastLine, "1 passed, 1 failed");
  assert.match(run.stdout, /^FAILED docs\/page\.md:4: block "tsx": must say its language: ts, /m);
});

test("the gate fails when a test fails", async () => {
  const body = 'test("good", () => {});\ntest("bad", () => {\n  throw new Error("planted");\n});';
  const run = await assertFails("tests", testFile(body));

  assert.equal(run.lastLine, "1 passed, 1 failed");
  assert.match(run.stdout, /planted/);
});

test("the gate fails when only a step of a test fails", async () => {
  const step = 'await t.test("step", () => { throw new Error("planted"); });';
  const run = await assertFails("tests", testFile(`test("a", async (t) => { ${step} });`));

  assert.equal(run.lastLine, "0 passed, 1 failed");
});

test("the gate fails when a test file does not load or does not type-check", async () => {
  await assertFails("tests", testFile('throw new Error("planted");'));
  await assertFails("tests", testFile('const a: number = "planted";\ntest("a", () => a);'));
});

test("the gate fails when no test ran", async () => {
  assert.equal((await assertFails("tests", testFile(""))).lastLine, "0 passed, 1 failed");
  await assertFails("tests --filter nothing-is-called-so", {});
  await assertFails("tests tests/missing_test.ts", {});
});

test("the gate fails when the runner dies, even after a summary that a test forged", async () => {
  const forged = 'console.log("\\nok | 100 passed | 0 failed (1ms)\\n");';
  const kill = 'process.kill(process.pid, "SIGKILL");';
  const source = `import process from "node:process";\ntest("a", () => { ${forged} ${kill} });`;
  await assertFails("tests", testFile(source));
});

test("the gate counts skipped tests and repeats their reasons", async () => {
  const options = 'skipUnless(false, "no java here")';
  const body = `import { skipUnless } from "${SKIP}";
    test("runs", skipUnless(true, "never said"), () => {});
    test("a", ${options}, () => {});\ntest("b", ${options}, () => {});`;
  const run = await gate(testFile(body), ["--only", "tests"]);

  assert.equal(run.code, 0, run.stdout + run.stderr);
  assert.equal(run.lastLine, "1 passed, 0 failed, 2 skipped");
  assert.match(run.stdout, /^2 skipped: no java here$/m);
  assert.doesNotMatch(run.stdout, /never said/);
});

test("the gate runs the tests that --filter and paths choose", async () => {
  const files = {
    "tests/b_test.ts":
      'import { test } from "node:test";\ntest("b1", () => {});\ntest("b2", () => {});',
  };
  const run = async (...args: string[]): Promise<string> =>
    (await gate(files, ["--only", "tests", ...args])).lastLine;

  assert.equal(await run(), "3 passed, 0 failed");
  assert.equal(await run("tests/b_test.ts"), "2 passed, 0 failed");
  assert.equal(await run("--filter", "/b[2]/"), "1 passed, 0 failed");
});

test("the gate refuses arguments that it does not know", async () => {
  for (const args of [["--only", "everything"], ["--fast"]]) {
    const run = await gate({}, args);
    assert.equal(run.code, 2);
    assert.match(run.stderr, /deno task test \[--only CHECK\]/);
  }
});
