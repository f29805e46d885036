/**
 * The programs that README.md and the heads of the modules show, for tests that run them from
 * somewhere else than a registry.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBlocks } from "../../scripts/examples/find_blocks.ts";
import { headBlocks } from "../../scripts/examples/read_blocks.ts";

/** Root of the project. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

const PACKAGE = "@streambed/log";
const README = "README.md";

/** A program. */
export interface Example {
  /** A name for a file: `readme_1`, `web`. */
  readonly name: string;
  /** The program; it imports the package by its name. */
  readonly source: string;
}

/** What deno.json says of the modules that users import. */
export interface Exports {
  /**
   * Paths of files from the root, by what stands behind the name of the package: `"."`, `"./web"`.
   */
  readonly [subpath: string]: string;
}

/** Reads which modules users import. */
export async function readExports(): Promise<Exports> {
  return JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8")).exports;
}

/** The examples of README.md. */
export async function readmeExamples(): Promise<Example[]> {
  const blocks = findBlocks(README, await readFile(join(ROOT, README), "utf8"));
  return blocks.filter(({ language }) => language === "ts")
    .map(({ text }, at) => ({ name: `readme_${at + 1}`, source: text }));
}

/**
 * The examples at the heads of the modules that users import.
 *
 * @throws {Error} If a module has none, or one that does not import the package by its name.
 */
export async function moduleExamples(): Promise<Example[]> {
  const exports = Object.entries(await readExports());
  return await Promise.all(exports.map(async ([subpath, file]) => {
    const blocks = headBlocks(file, await readFile(join(ROOT, file), "utf8"));
    const source = blocks.at(0)?.text ?? "";
    if (!source.includes(`"${subpath.replace(".", PACKAGE)}"`)) {
      throw new Error(`Cannot find an example in ${file}: its head shows none that imports it`);
    }
    return { name: subpath === "." ? "root" : subpath.slice("./".length), source };
  }));
}

/**
 * Makes a program import the package from somewhere else.
 *
 * @param source The program.
 * @param exports What users import.
 * @param base Address of the root of the source.
 * @returns The program, with addresses in place of names.
 */
export function importFrom(source: string, exports: Exports, base: string): string {
  return source.replaceAll(/"@streambed\/log(\/[a-z]+)?"/g, (_, subpath: string = "") => {
    return JSON.stringify(new URL(exports[`.${subpath}`], base).href);
  });
}
