/**
 * A command in this process, which is a hundred times cheaper, and what it says.
 *
 * @module
 */
import process from "node:process";
import { run } from "../../cli/mod.ts";

/** Runs a command in this process; gives its exit code and what it says on standard error. */
export async function said(args: readonly string[]): Promise<[code: number, text: string]> {
  const { stderr } = process;
  const before = stderr.write;
  let text = "";
  stderr.write = ((piece: string) => {
    text += piece;
    return true;
  }) as typeof before;
  try {
    return [await run(args), text];
  } finally {
    stderr.write = before;
  }
}
