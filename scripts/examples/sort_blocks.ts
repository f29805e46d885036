/**
 * What is done with each block of code, and why not where nothing is: by its language, and a
 * command by how it begins.
 *
 * @module
 */
import type { Block } from "./find_blocks.ts";

/** A command, as a shell takes it: a line, and those that it goes on in. */
export interface Command {
  /** Path of its page, from the root. */
  readonly file: string;
  /** Line of the page, from one. */
  readonly line: number;
  /** The command as printed, its comment included. */
  readonly text: string;
  /** Why it is not run; left out where it is. */
  readonly reason?: string;
}

/** A block with commands, which are run one after the other in one folder. */
export interface Script {
  /** The block. */
  readonly block: Block;
  /** Its commands. */
  readonly commands: readonly Command[];
}

/** A block that is not run, or that must not be as it is. */
export interface Remark {
  /** The block. */
  readonly block: Block;
  /** Why. */
  readonly reason: string;
}

/** Blocks by what is done with them. */
export interface SortedBlocks {
  /** Programs: `ts` and `js`. */
  readonly programs: readonly Block[];
  /** Commands: `sh`. */
  readonly scripts: readonly Script[];
  /** What is no code. */
  readonly shown: readonly Remark[];
  /** What no rule is for. */
  readonly problems: readonly Remark[];
}

const PROGRAMS = ["ts", "js"];
const COMMANDS = "sh";
/** Languages of blocks that are no code. */
const SHOWN: Readonly<Record<string, string>> = {
  text: "what a program prints or a file holds",
  json: "what a file holds",
  hex: "bytes of a file, compared in tests/docs/worked_examples_test.ts",
  files: "names of files, compared in tests/docs/worked_examples_test.ts",
};
/** What stands behind `js` where it is the configuration of a tool. */
const CONFIG = "config";
const BUILT = "tests/package/building_test.ts builds with it";
const DRAWING = "a drawing or a message, no command";
const UNKNOWN = `must say its language: ${
  [...PROGRAMS, COMMANDS, ...Object.keys(SHOWN)].join(", ")
}`;

/** How a line begins that a block without a language must not hold. */
const LIKE_A_COMMAND =
  /^\s*(?:\$ |(?:deno|node|npm|npx|bun|bunx|docker|streambed|git|cd|import) )/m;

/** How a command begins that is not run, and why. */
export const NOT_RUN: readonly (readonly [begins: RegExp, reason: string])[] = [
  [/^docker /, "it needs Docker, and an image from a registry"],
  [/^(?:npx -y deno@\S+|deno) task test\b/, "it is the gate, of which this is a part"],
  [/^npx -y deno@\S+ run -A scripts\/demo\.ts\b/, "tests/scripts/demo/demo_test.ts runs it"],
  [/^(?:esbuild|rollup|vite|webpack|bun build)\b/, "tests/package/building_test.ts runs it"],
  [/^deno task \S/, "it is for a checkout; that it takes these words is checked"],
];

/**
 * Sorts blocks.
 *
 * @param blocks The blocks.
 * @returns Each of them in one of the lists.
 */
export function sortBlocks(blocks: readonly Block[]): SortedBlocks {
  const sorted = {
    programs: [] as Block[],
    scripts: [] as Script[],
    shown: [] as Remark[],
    problems: [] as Remark[],
  };
  for (const block of blocks) {
    const { language } = block;
    const problem = problemOf(block);
    if (problem !== undefined) sorted.problems.push({ block, reason: problem });
    else if (isConfig(block)) sorted.shown.push({ block, reason: BUILT });
    else if (PROGRAMS.includes(language)) sorted.programs.push(block);
    else if (language === COMMANDS) sorted.scripts.push({ block, commands: commandsOf(block) });
    else sorted.shown.push({ block, reason: SHOWN[language] ?? DRAWING });
  }
  return sorted;
}

function isConfig({ language, title }: Block): boolean {
  return language === "js" && title === CONFIG;
}

function problemOf(block: Block): string | undefined {
  const { language, title, text } = block;
  if (isConfig(block)) return undefined;
  const isRun = language === COMMANDS || PROGRAMS.includes(language);
  if (isRun) return title === "" ? undefined : `is run, whatever is behind "${language}": ${title}`;
  if (Object.hasOwn(SHOWN, language)) return undefined;
  if (language !== "") return UNKNOWN;
  return LIKE_A_COMMAND.test(text) ? `holds a command, so it ${UNKNOWN}` : undefined;
}

function commandsOf({ file, line, text }: Block): Command[] {
  const commands: Command[] = [];
  let begun = "";
  for (const [at, part] of text.trimEnd().split("\n").entries()) {
    const whole = begun + part;
    begun = /[\\|]$/.test(part) ? `${whole}\n` : "";
    if (begun !== "" || part.trim() === "" || part.startsWith("#")) continue;
    const first = line + at - (whole.split("\n").length - 1);
    commands.push({ file, line: first, text: whole, reason: whyNotRun(whole) });
  }
  return commands;
}

function whyNotRun(text: string): string | undefined {
  return NOT_RUN.find(([begins]) => begins.test(text))?.[1];
}
