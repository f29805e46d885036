/**
 * Text on a terminal: how many columns it takes, and what is cut so that it fits.
 *
 * @module
 */
import truncatedWidth from "npm:fast-string-truncated-width@3.0.3";

const ELLIPSIS = "…";
const characters = new Intl.Segmenter();
const GAP = "  ";
/** A column of words is not cut below this: it still tells a name from another, and a date. */
const WORDS_LEAST = 11;

/** Columns of a terminal that a text takes: an ideograph or an emoji takes two. */
export function widthOf(text: string): number {
  return truncatedWidth(text).width;
}

/** The text itself if it fits, else its beginning and an ellipsis. */
export function cutText(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let [kept, room] = ["", width - widthOf(ELLIPSIS)];
  for (const { segment } of characters.segment(text)) {
    room -= widthOf(segment);
    if (room < 0) break;
    kept += segment;
  }
  return kept + ELLIPSIS;
}

/** Words as lines, broken at blanks; a word that is longer than a line has one of its own. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/**
 * Rows, the head first, as aligned columns; `right` numbers those aligned to the right. Where a
 * `width` is given, the others are cut until the rows fit, the widest first; numbers never are.
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  right: readonly number[],
  width: number = Infinity,
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[column])), 0)
  );
  shrink(widths, right, width);
  return rows.map((row) =>
    row.map((cell, column) => {
      const shown = cutText(cell, widths[column]);
      const blanks = " ".repeat(widths[column] - widthOf(shown));
      return right.includes(column) ? blanks + shown : shown + blanks;
    }).join(GAP).trimEnd()
  );
}

/**
 * Leaves columns out of rows that would be wider than `width` even when cut, the first of `spare`
 * first, and no more than it takes.
 */
export function leaveOut(
  rows: readonly (readonly string[])[],
  { right, spare, width }: {
    readonly right: readonly number[];
    readonly spare: readonly number[];
    readonly width: number;
  },
): { readonly rows: string[][]; readonly right: number[] } {
  const kept = (rows[0] ?? []).map((_, column) => column);
  const fits = () => {
    const widths = kept.map((column) => {
      const widest = rows.reduce((most, row) => Math.max(most, widthOf(row[column])), 0);
      return right.includes(column) ? widest : Math.min(widest, WORDS_LEAST);
    });
    return widths.reduce((sum, one) => sum + one, (widths.length - 1) * GAP.length) <= width;
  };
  for (const column of spare) {
    if (fits()) break;
    kept.splice(kept.indexOf(column), 1);
  }
  return {
    rows: rows.map((row) => kept.map((column) => row[column])),
    right: kept.flatMap((column, at) => right.includes(column) ? [at] : []),
  };
}

/** Takes what is too much from the widest columns of words, one column of the terminal a time. */
function shrink(widths: number[], right: readonly number[], width: number): void {
  const words = widths.flatMap((_, column) => right.includes(column) ? [] : [column]);
  let tooMany = widths.reduce((sum, one) => sum + one, (widths.length - 1) * GAP.length) - width;
  while (tooMany > 0 && words.length > 0) {
    const widest = words.reduce((most, column) => widths[column] > widths[most] ? column : most);
    if (widths[widest] <= WORDS_LEAST) return;
    widths[widest]--;
    tooMany--;
  }
}
