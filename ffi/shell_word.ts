/**
 * Writing a word so that it can be pasted into a shell.
 *
 * @module
 */

/** Quotes a word where a POSIX shell needs that. */
export function shellWord(word: string): string {
  return /^[\w/.:=@%+-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
