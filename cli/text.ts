/**
 * Values in words, for people.
 *
 * @module
 */

/** What rewrites a terminal or hides in a text: control characters, and those that turn its direction. */
const UNPRINTABLE =
  // deno-lint-ignore no-control-regex -- these are the ones that are looked for
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];
const TIME_LIMIT_MS = 8_640_000_000_000_000;

/**
 * Escapes control characters, so that what is stored cannot rewrite a terminal.
 *
 * @param text Any text.
 * @param keep Characters that stay as they are.
 * @returns The text with `\u001b` and the like in their place.
 */
export function printable(text: string, keep: string = ""): string {
  return text.replace(UNPRINTABLE, (character) => {
    if (keep.includes(character)) return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/**
 * A name as it stands in a sentence: bare where it is plain, else quoted.
 *
 * @param name A topic, a key, a path.
 * @returns The name.
 */
export function nameText(name: string): string {
  return /^[\w%|./:@+-]+$/.test(name) ? name : printable(JSON.stringify(name));
}

/**
 * A moment.
 *
 * @param ms Since epoch.
 * @returns ISO 8601 in UTC; the bare number where there is no such date.
 */
export function timeText(ms: number): string {
  return Math.abs(ms) <= TIME_LIMIT_MS ? new Date(ms).toISOString() : String(ms);
}

/**
 * A length in bytes, short.
 *
 * @param byteLength Bytes.
 * @returns For example `128 MiB` or `1.5 KiB`.
 */
export function lengthText(byteLength: number): string {
  let value = byteLength;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || Number.isInteger(value) ? 0 : value < 10 ? 2 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/**
 * A number of things.
 *
 * @param count How many.
 * @param one The word for one of them.
 * @param many The word for several; with an `s` when left out.
 * @returns For example `1 queue` or `3 entries`.
 */
export function countText(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * Rows as aligned columns.
 *
 * @param rows Rows of cells, the first one being the head.
 * @param right Numbers of the columns that are aligned to the right.
 * @returns One line a row.
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  right: readonly number[],
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column].length), 0)
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      right.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])
    ).join("  ").trimEnd()
  );
}
