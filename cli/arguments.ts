/**
 * Arguments in words to values: parsers for commander.
 *
 * @module
 */
import { type AnyRule, checkArgument, TAG } from "../storage/arguments/mod.ts";
import { UsageError } from "./cli_error.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "0": "\0",
  "\\": "\\",
};

/** A whole number within bounds; `name` is for the message. */
export function wholeNumber(
  name: string,
  least: number = 0,
  most: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?[0-9]+$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= most) {
      return value;
    }
    throw new UsageError(
      `Cannot take ${JSON.stringify(text)} as ${name}: it must be a whole number from ${least}` +
        (most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`),
    );
  };
}

/** A name or a word, by the library's table of arguments. */
export function checked(name: string, rule: AnyRule): (text: string) => string {
  return (text) => {
    try {
      checkArgument("run the command", name, rule, text);
      return text;
    } catch (error) {
      if (error instanceof TypeError) throw new UsageError(`${error.message}; see --help`);
      throw error;
    }
  };
}

/** The same, of each of several. */
export function checkedEach(
  name: string,
  rule: AnyRule,
): (text: string, before?: readonly string[]) => readonly string[] {
  const one = checked(name, rule);
  return (text, before = []) => [...before, one(text)];
}

/** All messages, whatever their tags, in RocketMQ's expressions of tags. */
const ANY_TAG = "*";

/** Tags as RocketMQ's expressions of tags have them: `TagA || TagB`, and `*` for all. */
export function tagExpression(text: string, before: readonly string[] = []): readonly string[] {
  const parts = text === "" ? [text] : text.split("||").map((part) => part.trim());
  return [...before, ...parts.map(checked("--tag", TAG))];
}

/** The tags of which a message must have one; `undefined` if it may have any. */
export function wantedTags(tags: readonly string[] | undefined): readonly string[] | undefined {
  return tags?.includes(ANY_TAG) ? undefined : tags;
}

/** How tags are written, for help texts. */
export const TAG_HELP = "only messages with one of these tags; also 'A || B', and '*' for all";

/**
 * Refuses options of which one alone has an effect, by their names on the command line.
 *
 * @throws {UsageError} If more than one is given.
 */
export function refuseTogether(options: Readonly<Record<string, unknown>>): void {
  const [one, other] = Object.keys(options)
    .filter((name) => options[name] !== undefined && options[name] !== false);
  if (other === undefined) return;
  throw new UsageError(
    `Cannot run the command: ${one} and ${other} do not go together; leave one of them out`,
  );
}

/**
 * A text with `\n`, `\t`, `\r`, `\0`, `\\` and `\xNN` for what is hard to type.
 *
 * @throws {UsageError} If another character follows a backslash.
 */
export function unescape(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|.|$)/g, (whole, code: string) => {
    if (code.length === 3) return String.fromCharCode(parseInt(code.slice(1), 16));
    const plain = ESCAPES[code];
    if (plain !== undefined) return plain;
    throw new UsageError(
      `Cannot read ${JSON.stringify(whole)}: only \\n, \\t, \\r, \\0, \\\\ and \\xNN are known`,
    );
  });
}
