/**
 * Writing a word so that it can be pasted into a shell.
 *
 * @module
 */

/**
 * Quotes a word where it needs that.
 *
 * @returns The word as a POSIX shell reads it back.
 */
export function shellWord(word: string): string {
  return /^[\w/.:=@%+-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
