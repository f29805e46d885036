/**
 * The page of an example, as a test reads it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../support/examples.ts";

const FOLDER = join(ROOT, "examples");

/** What the page of an example says. */
export interface ExamplePage {
  /** Folder of the example in `examples/`. */
  readonly name: string;
  /** Flags of Deno in the commands, the same in all. */
  readonly grants: readonly string[];
  /** Commands that run a program on Node, but for `node`. */
  readonly nodeCommands: readonly string[];
  /** Commands that run a program on Deno, but for `deno run` and its flags. */
  readonly denoCommands: readonly string[];
  /** What the example prints: the lines of its first block of text. */
  readonly printed: readonly string[];
}

/** The folders of all examples, in order. */
export async function exampleNames(): Promise<string[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
}

/** Reads the page of an example. */
export async function readPage(name: string): Promise<ExamplePage> {
  const text = await readFile(join(FOLDER, name, "README.md"), "utf8");
  const deno = [...text.matchAll(/^deno run((?: --\S+)+) (.+)$/gm)];
  const grants = new Set(deno.map(([, flags]) => flags));
  assert.equal(grants.size, 1, `${name}: the same grants in every command`);
  const [flags] = grants;
  const printed = /^```text\n([^]*?)\n```$/m.exec(text)?.[1] ?? "";
  return {
    name,
    grants: flags.trim().split(" "),
    denoCommands: deno.map(([, , command]) => command),
    nodeCommands: [...text.matchAll(/^node (.+)$/gm)].map(([, command]) => command),
    printed: printed.split("\n"),
  };
}

/** The page that lists all examples. */
export async function readIndex(): Promise<string> {
  return await readFile(join(FOLDER, "README.md"), "utf8");
}
