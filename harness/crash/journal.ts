/**
 * The file in which processes that are killed write down what they do, in the order in which they
 * did it: each line is there before the next thing is done. A line is a word, the name of the life
 * that wrote it, and more words; who judges them says which.
 *
 * @module
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/** Divides a page: a kill may cut a write at the border of two pages, and so never cuts a line. */
const LINE_BYTE_LENGTH = 64;

/** The end of a journal, to which several processes write. */
export class Journal implements Disposable {
  readonly #descriptor: number;

  /** Opens it, or makes it. */
  constructor(path: string) {
    this.#descriptor = openSync(path, "a");
  }

  /** Writes a line. It is there when this returns, also if the process dies then. */
  append(word: string, life: string, ...rest: readonly (number | string)[]): void {
    const line = [word, life, ...rest].join(" ").padEnd(LINE_BYTE_LENGTH - 1);
    if (line.length >= LINE_BYTE_LENGTH) throw new Error(`Cannot write down ${line}: too long`);
    writeSync(this.#descriptor, `${line}\n`);
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

/** Reads what was written so far, line by line. */
export function readJournal(path: string): string[] {
  const lines = readFileSync(path, "latin1").split("\n").slice(0, -1);
  return lines.map((line) => line.trimEnd());
}
