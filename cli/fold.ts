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
  const told = all.map((one) => ({ one, likeness: likenessOf(textOf(one)) }));
  const groups = Map.groupBy(told, ({ likeness }) => likeness);
  return told.flatMap(({ one, likeness }): Folded<T>[] => {
    const [first, ...others] = groups.get(likeness)!.map((each) => each.one);
    if (others.length < LISTED_MAX) return [[one]];
    return first === one ? [[first, ...others]] : [];
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
