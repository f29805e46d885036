/**
 * All blocks of code that users read: of the pages, and of the heads of the modules they import.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Block, findBlocks } from "./find_blocks.ts";

const PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
const FOLDER = "docs";
const HEAD = /^\/\*\*[^]*?@module/;
/** What `deno test --doc` passes over. */
const PASSED_OVER = "ignore";

/**
 * Reads the blocks of the pages at the root, of all pages in `docs/`, and of the heads of modules
 * those that `deno test --doc` is told to pass over: it would import what such a block
 * imports itself.
 *
 * @param root Root of the project; pages may be missing.
 * @returns The blocks, page by page.
 * @throws {Error} If a block has no end.
 */
export async function readBlocks(root: string): Promise<Block[]> {
  const pages = await Promise.all((await pageNames(root)).map(async (file) => {
    return findBlocks(file, await readFile(join(root, file), "utf8"));
  }));
  const heads = await Promise.all((await moduleNames(root)).map(async (file) => {
    const blocks = headBlocks(file, await readFile(join(root, file), "utf8"));
    return blocks.filter(({ title }) => title === PASSED_OVER)
      .map((block) => ({ ...block, title: "" }));
  }));
  return [...pages, ...heads].flat();
}

/**
 * Finds the blocks in the comment at the head of a module.
 *
 * @param file Path of the module.
 * @param source The module.
 * @returns The blocks, with their lines in the module.
 */
export function headBlocks(file: string, source: string): Block[] {
  const head = HEAD.exec(source)?.[0] ?? "";
  return findBlocks(file, head.replaceAll(/^ \*(?: |$)/gm, ""));
}

async function pageNames(root: string): Promise<string[]> {
  const top = new Set(await readdir(root));
  const pages = PAGES.filter((name) => top.has(name));
  if (!top.has(FOLDER)) return pages;
  const below = await readdir(join(root, FOLDER), { recursive: true });
  const docs = below.filter((name) => name.endsWith(".md")).map((name) => join(FOLDER, name));
  return [...pages, ...docs.sort()];
}

async function moduleNames(root: string): Promise<string[]> {
  const { exports } = JSON.parse(await readFile(join(root, "deno.json"), "utf8"));
  return Object.values<string>(exports).map((path) => join(path));
}
