/**
 * The blocks of code of a page of Markdown, with the line where each begins.
 *
 * A block stands between fences, also in a list or a quotation, or is indented by four columns.
 *
 * @module
 */

/** A block of code. */
export interface Block {
  /** Path of the page, from the root. */
  readonly file: string;
  /** Line of the page, from one, on which the code begins. */
  readonly line: number;
  /** First word behind the fence; empty where there is none, as where there is no fence. */
  readonly language: string;
  /** What is behind that word. */
  readonly title: string;
  /** The code, without fences and without what all of it is indented by, each line ended. */
  readonly text: string;
}

/** A block, and the index of the first line behind it. */
interface Found {
  readonly block: Block;
  readonly next: number;
}

/** A page, or the part of it that is looked at. */
interface Page {
  readonly file: string;
  readonly lines: readonly string[];
}

/** What a list or a quotation puts before a line, the fence, a word, and what is behind it. */
const OPENING = /^([ >]*)(`{3,}(?!.*`)|~{3,}) *(\S*) *(.*?) *$/;
const INDENTED = /^ {4}(?=.*\S)/;
const LIST_ITEM = /^(?:[-*+]|\d+[.)]) /;

/**
 * Finds the blocks of a page.
 *
 * @param file Path of the page, which each block repeats.
 * @param text The page.
 * @returns The blocks, in order.
 * @throws {Error} If a fence has no end.
 */
export function findBlocks(file: string, text: string): Block[] {
  const page = { file, lines: text.split("\n") };
  const blocks: Block[] = [];
  let isList = false;
  for (let at = 0; at < page.lines.length;) {
    const line = page.lines[at];
    const isAfterBlank = at === 0 || page.lines[at - 1].trim() === "";
    if (LIST_ITEM.test(line)) isList = true;
    else if (isAfterBlank && /^\S/.test(line)) isList = false;

    const isIndented = isAfterBlank && !isList && INDENTED.test(line);
    const found = isIndented ? indentedBlock(page, at) : fencedBlock(page, at);
    if (found !== undefined) blocks.push(found.block);
    at = found?.next ?? at + 1;
  }
  return blocks;
}

function fencedBlock({ file, lines }: Page, at: number): Found | undefined {
  const opening = OPENING.exec(lines[at]);
  if (opening === null) return undefined;
  const [, prefix, fence, language, title] = opening;
  const closing = new RegExp(`^[ >]*${fence[0]}{${fence.length},} *$`);
  const end = lines.findIndex((line, index) => index > at && closing.test(line));
  if (end === -1) {
    throw new Error(`Cannot read ${file}:${at + 1}: the block has no end, close it with ${fence}`);
  }
  const text = unprefixed(lines.slice(at + 1, end), prefix.length);
  return { block: { file, line: at + 2, language, title, text }, next: end + 1 };
}

function indentedBlock({ file, lines }: Page, at: number): Found {
  const behind = lines.findIndex((line, index) => index > at && /^ {0,3}\S/.test(line));
  const next = behind === -1 ? lines.length : behind;
  const last = lines.findLastIndex((line, index) => index < next && line.trim() !== "");
  const text = unprefixed(lines.slice(at, last + 1), 4);
  return { block: { file, line: at + 1, language: "", title: "", text }, next };
}

function unprefixed(lines: readonly string[], width: number): string {
  const prefix = new RegExp(`^[ >]{0,${width}}`);
  return lines.map((line) => `${line.replace(prefix, "")}\n`).join("");
}
