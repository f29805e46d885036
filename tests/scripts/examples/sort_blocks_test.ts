/**
 * What is done with which block, and why not. Tests: `sort_blocks.ts`, `report.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findBlocks } from "../../../scripts/examples/find_blocks.ts";
import { readBlocks } from "../../../scripts/examples/read_blocks.ts";
import { report } from "../../../scripts/examples/report.ts";
import { NOT_RUN, sortBlocks, type SortedBlocks } from "../../../scripts/examples/sort_blocks.ts";
import { ROOT } from "../../support/examples.ts";

function sorted(...lines: string[]): SortedBlocks {
  return sortBlocks(findBlocks("page.md", `${lines.join("\n")}\n`));
}

test("sortBlocks() runs programs and commands, and says why it runs nothing else", () => {
  const { programs, scripts, shown, problems } = sorted(
    ...["```ts", "1;", "```", "```js", "2;", "```", "```sh", "ls", "```"],
    ...["```text", "deno says", "```", "Text", "", "    a -> b", ""],
    ...["```js config", "export {};", "```"],
  );
  assert.deepEqual(programs.map(({ line }) => line), [2, 5]);
  assert.deepEqual(scripts.map(({ block }) => block.line), [8]);
  assert.deepEqual(shown.map(({ block, reason }) => [block.line, reason]), [
    [11, "what a program prints or a file holds"],
    [15, "a drawing or a message, no command"],
    [18, "tests/package/building_test.ts builds with it"],
  ]);
  assert.deepEqual(problems, []);
});

test("sortBlocks() finds fault with a block that would be passed over", () => {
  const cases: readonly (readonly [opening: string, code: string, reason: RegExp])[] = [
    ["```tsx", "1;", /^must say its language: ts, js, sh, text, /],
    ["```bash", "ls", /^must say its language/],
    ["```ts ignore", "1;", /^is run, whatever is behind "ts": ignore$/],
    ["```ts config", "1;", /^is run, whatever is behind "ts": config$/],
    ["```sh no-run", "ls", /^is run, whatever is behind "sh": no-run$/],
    ["```", "a drawing\nnpm install x", /^holds a command, so it must say its language/],
    ["```", 'import "x";', /^holds a command/],
  ];
  for (const [opening, code, expected] of cases) {
    const { programs, scripts, shown, problems } = sorted("", opening, code, "```");
    assert.deepEqual([programs, scripts, shown], [[], [], []], opening);
    assert.equal(problems.length, 1, opening);
    assert.equal(problems[0].block.line, 3);
    assert.match(problems[0].reason, expected);
  }
});

test("sortBlocks() takes a command with the lines that it goes on in, as printed", () => {
  const { scripts: [{ commands }] } = sorted(
    ...[
      "```sh",
      "# first",
      "one \\",
      "  --two |",
      "  three",
      "",
      "docker run x # why",
      "four",
      "```",
    ],
  );
  assert.deepEqual(commands.map(({ line, text, reason }) => [line, text, reason]), [
    [3, "one \\\n  --two |\n  three", undefined],
    [7, "docker run x # why", "it needs Docker, and an image from a registry"],
    [8, "four", undefined],
  ]);
});

test("sortBlocks() leaves out commands by rules that are all needed", async () => {
  const { programs, scripts, problems } = sortBlocks(await readBlocks(ROOT));
  assert.deepEqual(problems, []);
  assert.ok(programs.length > 20 && scripts.length > 8, `${programs.length}, ${scripts.length}`);
  const reasons = scripts.flatMap(({ commands }) => commands).map(({ reason }) => reason);
  for (const [, reason] of NOT_RUN) assert.ok(reasons.includes(reason), reason);
});

test("report() tells of each place what ran there, what did not and why, and what is wrong", () => {
  const { shown } = sorted("```text", "says", "```");
  const findings = [
    { file: "b.md", line: 12, what: "node24" },
    { file: "b.md", line: 2, what: "ls" },
    { file: "b.md", line: 12, what: "deno" },
    { file: "b.md", line: 3, what: "docker run", reason: "it needs Docker" },
    { file: "b.md", line: 12, what: "bun", problem: "exit code 1" },
    { file: "b.md", line: 4, what: "deno task a", reason: "it is long", problem: "no such task" },
  ];
  assert.deepEqual(report(findings, shown), [
    "b.md:2: ls",
    "b.md:12: deno, node24",
    "Not run, it needs Docker:",
    "  b.md:3: docker run",
    "Not run, it is long:",
    "  b.md:4: deno task a",
    "Not run, what a program prints or a file holds:",
    "  page.md:2",
    "FAILED b.md:4: deno task a: no such task",
    "FAILED b.md:12: bun: exit code 1",
  ]);
});
