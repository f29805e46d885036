/**
 * A line on standard output that is out before the next statement, also if the process dies then.
 *
 * @module
 */
import { writeSync } from "node:fs";

const STANDARD_OUTPUT = 1;
const PAUSE_MS = 1;
const neverWoken = new Int32Array(new SharedArrayBuffer(4));

/**
 * Prints a line, and waits where its reader is slow.
 *
 * @param line The line, without its line feed.
 */
export function printLine(line: string): void {
  let rest = new TextEncoder().encode(`${line}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSome(rest));
}

function writeSome(bytes: Uint8Array): number {
  try {
    return writeSync(STANDARD_OUTPUT, bytes);
  } catch (error) {
    // Node gives its children pipes that do not block.
    if ((error as { code?: string }).code !== "EAGAIN") throw error;
    Atomics.wait(neverWoken, 0, 0, PAUSE_MS);
    return 0;
  }
}
