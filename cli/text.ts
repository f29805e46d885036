/**
 * Values in words, for people.
 *
 * @module
 */

/**
 * What rewrites a terminal or hides in a text: control characters, and those that turn its
 * direction.
 */
const UNPRINTABLE =
  // deno-lint-ignore no-control-regex -- these are the ones that are looked for
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];
const TIME_LIMIT_MS = 8_640_000_000_000_000;

/**
 * Escapes control characters as `\u001b` and the like, except those in `keep`, so that what is
 * stored cannot rewrite a terminal.
 */
export function printable(text: string, keep: string = ""): string {
  return text.replace(UNPRINTABLE, (character) => {
    if (keep.includes(character)) return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A name as it stands in a sentence: bare if it is plain, else quoted. */
export function nameText(name: string): string {
  return /^[\w%|./:@+-]+$/.test(name) ? name : printable(JSON.stringify(name));
}

/** A moment in ms since epoch as ISO 8601 in UTC; the bare number if there is no such date. */
export function timeText(ms: number): string {
  return Math.abs(ms) <= TIME_LIMIT_MS ? new Date(ms).toISOString() : String(ms);
}

/** A length in bytes, short: `128 MiB`, `1.5 KiB`. */
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

/** A number of things: `1 queue`, `3 entries`. */
export function countText(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
