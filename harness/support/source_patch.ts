/**
 * Plants a fault in a source: a line is what somebody might have written by mistake. Its place is
 * said by symbol and text, never by line, so that it is found when others have changed the file
 * around it, and missed when they have changed what it is about.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A wrong text. */
export interface SourcePatch {
  /** Path of the file from the root of the repository. */
  readonly file: string;
  /** What the text is in: `name`, or `Class.member`, of what is declared at the top of the file. */
  readonly symbol: string;
  /** The right text, which is there once; any run of spaces and line feeds is like any other. */
  readonly find: string;
  /** The wrong text. */
  readonly put: string;
}

/**
 * Puts a wrong text into files.
 *
 * @param root Where the source is.
 * @param patches The wrong texts.
 * @returns What takes them out again.
 * @throws {Error} If a right text is not there, or more than once: the patch must be written anew.
 */
export function plantPatches(root: string, patches: readonly SourcePatch[]): Disposable {
  const right = new Map<string, string>();
  const restore = () => right.forEach((text, path) => writeFileSync(path, text));
  try {
    for (const patch of patches) {
      const path = join(root, patch.file);
      const text = readFileSync(path, "utf8");
      const wrong = patchText(text, patch);
      if (!right.has(path)) right.set(path, text);
      writeFileSync(path, wrong);
    }
  } catch (error) {
    restore();
    throw error;
  }
  return { [Symbol.dispose]: restore };
}

/**
 * Puts a wrong text into a source.
 *
 * @param source The text of the file.
 * @param patch The wrong text.
 * @returns The source with the wrong text in it.
 * @throws {Error} If the right text is not there, or more than once.
 */
export function patchText(source: string, { file, symbol, find, put }: SourcePatch): string {
  const text = new RegExp(
    find.trim().split(/\s+/).map((word) => RegExp.escape(word)).join("\\s+"),
    "g",
  );
  const places = symbolRanges(source, symbol).flatMap(([from, to]) =>
    [...source.slice(from, to).matchAll(text)].map(({ index, 0: found }) => ({
      from: from + index,
      to: from + index + found.length,
    }))
  );
  if (places.length !== 1) {
    const what = JSON.stringify(find);
    throw new Error(
      `Cannot plant a fault in ${file}: ${what} is ${places.length} times in ${symbol}`,
    );
  }
  return source.slice(0, places[0].from) + put + source.slice(places[0].to);
}

type Range = readonly [from: number, to: number];

/**
 * Where a symbol is declared: more than one range for overloads, and for the two halves of an
 * accessor.
 */
function symbolRanges(source: string, symbol: string): Range[] {
  const [name, member] = symbol.split(".");
  const declared = blocks(source, [0, source.length], "").filter(([from]) =>
    new RegExp(
      `^(?:export )?(?:async )?(?:abstract )?(?:function\\*? ?|class |const |let )${name}\\b`,
    ).test(source.slice(from))
  );
  if (member === undefined) return declared;
  const start = new RegExp(
    `^ {2}(?:(?:static|readonly|async|get|set|override) )*\\*?${RegExp.escape(member)}[^\\w$]`,
  );
  return declared.flatMap((range) => blocks(source, range, "  "))
    .filter(([from]) => start.test(source.slice(from)));
}

/** The formatter indents all that belongs to a declaration, but for what closes it. */
function blocks(source: string, [from, to]: Range, indent: string): Range[] {
  const starts = [...source.slice(from, to).matchAll(new RegExp(`^${indent}[^\\s})\\]>]`, "gm"))]
    .map(({ index }) => from + index)
    .filter((start) => start > from || indent === "");
  return starts.map((start, at) => [start, starts[at + 1] ?? to]);
}
