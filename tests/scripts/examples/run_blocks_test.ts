/**
 * Blocks that are run, in folders without the package; the gate runs those of the documentation in
 * folders that have it. Tests: `run.ts`, `run_programs.ts`, `run_scripts.ts`, `check_types.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { env, execPath } from "node:process";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { findings, typeChecks } from "../../../scripts/examples/check_types.ts";
import { type Block, findBlocks } from "../../../scripts/examples/find_blocks.ts";
import { mustEnd, run } from "../../../scripts/examples/run.ts";
import { type Finding, programRuns, runtimesFor } from "../../../scripts/examples/run_programs.ts";
import { runScript } from "../../../scripts/examples/run_scripts.ts";
import { sortBlocks } from "../../../scripts/examples/sort_blocks.ts";
import type { Workshop } from "../../../scripts/examples/workshop.ts";

const PAGE = "docs/page.md";

/** A workshop with Deno alone, in which nothing is installed. */
async function bareWorkshop(): Promise<Workshop & { readonly made: string[] }> {
  const directory = await temporaryDirectory();
  const made: string[] = [];
  const makeFolder = (kind: string) => {
    made.push(kind);
    return temporaryDirectory("folder-", directory.path);
  };
  return {
    made,
    runtimes: ["deno"],
    program: () => execPath,
    env: { ...env, NO_COLOR: "1" },
    emptyFolder: () => makeFolder("empty"),
    folderFor: makeFolder,
    typeRoots: new Map(),
    compile: () => Promise.reject(new Error("there is no compiler")),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** The blocks of a page that begins with a line of text. */
function blocksOf(...lines: string[]): Block[] {
  return findBlocks(PAGE, ["Text", ...lines].join("\n"));
}

function placesOf(found: readonly Finding[]): string[] {
  return found.map(({ line, what, problem }) => `${line} ${what} ${problem ?? "fine"}`);
}

Deno.test("programRuns() finds a broken block, by its line, and runs each in a fresh folder", async () => {
  await using workshop = await bareWorkshop();
  const fresh = [
    "```ts",
    "const names: string[] = [...Deno.readDirSync('.')].map(({ name }) => name);",
    "if (names.join() !== 'a.ts') throw new Error(names.join());",
    "Deno.writeTextFileSync('left', '');",
    "```",
  ];
  const [first, broken, last] = blocksOf(
    ...fresh,
    ...["```js", "// fine", "throw new Error('planted');", "```"],
    ...fresh,
  );
  const found: Finding[] = [];
  for (const block of [first, broken, last]) {
    for (const job of programRuns(workshop, block)) found.push(...await job());
  }
  assert.deepEqual(found.map(({ line }) => line), [3, 8, 12]);
  assert.deepEqual(found.map(({ what }) => what), ["deno", "deno", "deno"]);
  assert.deepEqual([found[0].problem, found[2].problem], [undefined, undefined]);
  assert.match(found[1].problem ?? "", /^exit code 1\n[^]*Error: planted\n[^]*a\.mjs:2/);
});

Deno.test("runtimesFor() keeps only `await using` from Node 22", () => {
  const runtimes = ["deno", "node22", "node24", "node26", "bun"];
  const blocks = blocksOf(
    ...["```ts", "await using store = 1;", "```"],
    ...["```js", "  await using store = 1;", "```"],
    ...["```ts", "await store; // await using", "```"],
  );
  const others = ["deno", "node24", "node26", "bun"];
  const chosen = blocks.map((block) => runtimesFor(block, runtimes));
  assert.deepEqual(chosen, [others, others, runtimes]);
});

Deno.test("run() ends what has no end, with all that it has started", async () => {
  const options = { cwd: "/", limitMs: 1 };
  assert.equal((await run(["sh", "-c", "sleep 600 | cat"], options)).code, undefined);
  const refused = mustEnd(["sh", "-c", "echo no; exit 3"], { cwd: "/" });
  await assert.rejects(refused, { message: "Cannot run sh -c echo no; exit 3: exit code 3\nno" });
});

Deno.test("typeChecks() finds a type that is wrong, in the line of the page", async () => {
  await using workshop = await bareWorkshop();
  const blocks = blocksOf(
    ...["```ts", "export const one: number = 1;", "```"],
    ...["```ts", "", "export const two: number = 'planted';", "```"],
  );
  const [check, ...others] = typeChecks(workshop, blocks);
  assert.deepEqual(others, []);
  const [fine, wrong] = await check();
  assert.deepEqual(fine, { file: PAGE, line: 3, what: "deno check", problem: undefined });
  assert.equal(wrong.line, 6);
  assert.match(wrong.problem ?? "", /TS2322[^]*docs\/page\.md:7/);
});

Deno.test("findings() reads what tsc says, and never takes a failure for nothing", () => {
  const blocks = blocksOf("```ts", "1;", "2;", "```", "```js", "3;", "```");
  const failed = (stdout: string) => findings(blocks, "tsc", { code: 2, stdout, stderr: "" });
  assert.deepEqual(placesOf(failed("block0.ts(2,7): error TS2322: no\n")), [
    "3 tsc exit code 2\ndocs/page.md:4: error TS2322: no",
    "7 tsc fine",
  ]);
  assert.deepEqual(placesOf(failed("block1.mjs(1,1): error TS1: no\n")), [
    "3 tsc fine",
    "7 tsc exit code 2\ndocs/page.md:7: error TS1: no",
  ]);
  const elsewhere = failed("node_modules/@types/node/fs.d.ts(1,1): error TS2: no\n");
  assert.match(elsewhere[0].problem ?? "", /fs\.d\.ts/);
});

Deno.test("runScript() runs each command, tells which failed, and which it left out", async () => {
  await using workshop = await bareWorkshop();
  const { scripts: [script] } = sortBlocks(blocksOf(
    ...["```sh", "echo one > left", "cat left |", "  cat", "cat nothing # a comment"],
    ...["docker run a", "cat left a.ts", "cat nothing | cat", "```"],
  ));
  const programs = blocksOf("```ts", "1;", "```");
  const taskHelp = () => Promise.reject(new Error("no task is asked"));
  const found = await runScript({ workshop, programs, taskHelp }, script);
  const ends = found.map(({ line, problem, reason }) => {
    return [line, problem === undefined ? reason ?? "fine" : "failed"];
  });
  assert.deepEqual(ends, [
    [3, "fine"],
    [4, "fine"],
    [6, "failed"],
    [7, "it needs Docker, and an image from a registry"],
    [8, "fine"],
    // A plain shell looks at the last command of a pipe only.
    [9, existsSync("/bin/bash") ? "failed" : "fine"],
  ]);
  assert.equal(found[2].what, "cat nothing");
  assert.match(found[2].problem ?? "", /^exit code 1\n.*nothing/);
});

Deno.test("runScript() begins with nothing where a command installs", async () => {
  await using workshop = await bareWorkshop();
  const { scripts } = sortBlocks(blocksOf(
    ...["```sh", "true # npm install a", "```", "```sh", "true", "npm install --dry-run", "```"],
  ));
  const context = { workshop, programs: [], taskHelp: () => Promise.reject(new Error("none")) };
  for (const script of scripts) await runScript(context, { ...script, commands: [] });
  assert.deepEqual(workshop.made, ["node24", "empty"]);
});

Deno.test("runScript() finds a task that is not there, or an option that it does not take", async () => {
  await using workshop = await bareWorkshop();
  const { scripts: [script] } = sortBlocks(blocksOf(
    ...["```sh", "deno task a --one # --two", "npx -y deno@2.9.6 task test --two > --one"],
    ...["deno task gone", "```"],
  ));
  const taskHelp = (name: string) =>
    Promise.resolve({ code: name === "gone" ? 1 : 0, stdout: "  --one  one", stderr: "" });
  const found = await runScript({ workshop, programs: [], taskHelp }, script);
  assert.deepEqual(placesOf(found), [
    "3 deno task a --one fine",
    "4 npx -y deno@2.9.6 task test --two > --one its --help knows no --two",
    "5 deno task gone exit code 1\n  --one  one",
  ]);
});
