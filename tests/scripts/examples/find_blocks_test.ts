/**
 * Blocks of code in pages. Tests: `find_blocks.ts`, `read_blocks.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { findBlocks } from "../../../scripts/examples/find_blocks.ts";
import { headBlocks, readBlocks } from "../../../scripts/examples/read_blocks.ts";

/** What is found in a page: line, language, title, code. */
function found(...lines: string[]): unknown[] {
  return findBlocks("page.md", lines.join("\n"))
    .map(({ line, language, title, text }) => [line, language, title, text]);
}

test("findBlocks() tells the line, the language, the title and the code of each block", () => {
  assert.deepEqual(
    found("# Page", "", "```ts", "one;", "", "two;", "```", "text `code`", "~~~hex a b  c", "~~~"),
    [[4, "ts", "", "one;\n\ntwo;\n"], [10, "hex", "a b  c", ""]],
  );
  const [{ file }] = findBlocks("docs/page.md", "``` sh\nls\n```\n");
  assert.equal(file, "docs/page.md");
});

test("findBlocks() ends a block at a fence of the same kind that is as long and bare", () => {
  assert.deepEqual(
    found("````text", "```ts", "one;", "```", "~~~~", "```` ts", "````"),
    [[2, "text", "", "```ts\none;\n```\n~~~~\n```` ts\n"]],
  );
  assert.deepEqual(found("~~~text", "```", "~~~~~  "), [[2, "text", "", "```\n"]]);
  assert.deepEqual(found("```ts`no fence` of a line", "text"), []);
});

test("findBlocks() takes away what a list or a quotation puts before each line", () => {
  assert.deepEqual(
    found("- A list:", "", "  ```ts", "  if (one) {", "    two;", "  }", "", "  ```"),
    [[4, "ts", "", "if (one) {\n  two;\n}\n\n"]],
  );
  assert.deepEqual(found("> ```sh", "> ls", ">", "> ```"), [[2, "sh", "", "ls\n\n"]]);
});

test("findBlocks() knows a block by its indentation, but not in a list", () => {
  assert.deepEqual(
    found("Text", "", "    deno task one", "", "      two", "", "Text", "    no block"),
    [[3, "", "", "deno task one\n\n  two\n"]],
  );
  assert.deepEqual(found("- A list", "", "    goes on", "", "1. Another", "", "    too"), []);
  assert.deepEqual(found("- A list", "", "Text", "", "    ```ts"), [[5, "", "", "```ts\n"]]);
});

test("findBlocks() refuses a block that has no end", () => {
  const message = "Cannot read page.md:2: the block has no end, close it with ```";
  assert.throws(() => found("", "```ts", "one;", "~~~"), { message });
});

test("headBlocks() finds what stands at the head of a module, with its line there", () => {
  const source = [
    "/**",
    " * A module.",
    " *",
    " * ```ts ignore",
    " * if (one) {",
    " *   two;",
    " *",
    " * }",
    " * ```",
    " *",
    " * @module",
    " */",
    "/** ```ts */",
  ].join("\n");
  const [block, ...others] = headBlocks("mod.ts", source);
  const text = "if (one) {\n  two;\n\n}\n";
  assert.deepEqual(block, { file: "mod.ts", line: 5, language: "ts", title: "ignore", text });
  assert.deepEqual(others, []);
  assert.deepEqual(headBlocks("mod.ts", "export const one = 1;\n"), []);
});

test("readBlocks() reads pages at any depth of docs/, and of heads what deno test passes over", async () => {
  await using directory = await temporaryDirectory();
  const head = (title: string) => `/**\n * \`\`\`ts${title}\n * 1;\n * \`\`\`\n * @module\n */\n`;
  const files = {
    "deno.json": '{ "exports": { ".": "./mod.ts", "./web": "./web/mod.ts" } }',
    "mod.ts": head(""),
    "web/mod.ts": head(" ignore"),
    "README.md": "```sh\nls\n```\n",
    "docs/a.md": "```ts\n2;\n```\n",
    "docs/format/b.md": "```hex\n00\n```\n",
    "docs/a.json": "```\n```\n",
    "other/c.md": "```ts\n3;\n```\n",
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(directory.path, name, ".."), { recursive: true });
    await writeFile(join(directory.path, name), text);
  }
  const blocks = await readBlocks(directory.path);
  assert.deepEqual(blocks.map(({ file, line, language, title }) => [file, line, language, title]), [
    ["README.md", 2, "sh", ""],
    ["docs/a.md", 2, "ts", ""],
    ["docs/format/b.md", 2, "hex", ""],
    ["web/mod.ts", 3, "ts", ""],
  ]);
});
