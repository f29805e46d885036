/**
 * One line for many that say the same: three hundred files with one fault are one finding to read.
 *
 * @module
 */
import { inCommandWords } from "./failure_text.ts";

/** As many are listed one by one. */
const LISTED_MAX = 3;

/** Several that say the same, or one that stands alone. */
export type Folded<T> = readonly [first: T, ...others: T[]];

/**
 * Puts together what says the same but for names and numbers, where it is said more than three
 * times, at the place of the first.
 */
export function fold<T>(all: readonly T[], textOf: (one: T) => string): Folded<T>[] {
  const alike = new Map<string, [T, ...T[]]>();
  for (const one of all) {
    const likeness = likenessOf(textOf(one));
    const group = alike.get(likeness);
    if (group === undefined) alike.set(likeness, [one]);
    else group.push(one);
  }
  return all.flatMap((one): Folded<T>[] => {
    const group = alike.get(likenessOf(textOf(one)))!;
    if (group.length <= LISTED_MAX) return [[one]];
    return group[0] === one ? [group] : [];
  });
}

/** A text without what is in quotation marks, and without numbers. */
function likenessOf(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\d+/g, "0");
}

/** Notes of a store as they are shown. */
export function foldNotes(notes: readonly string[]): string[] {
  return fold(notes.map((text) => ({ text })), ({ text }) => text).map((folded) =>
    inCommandWords(folded[0].text) + othersText(folded, "streambed info --json")
  );
}

/** What follows the first of several; `command` lists them all. */
export function othersText({ length }: Folded<unknown>, command: string): string {
  return length === 1 ? "" : ` (the first of ${length} such notes; ${command} has all)`;
}
