/**
 * A search path with few programs: without Java, Maven and a compiler.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { env } from "node:process";

/** What the script of the peers needs to see that something is missing. */
const SHELL_PROGRAMS = [
  ...["bash", "cat", "dirname", "find", "flock", "mkdir", "readlink", "rm", "sed"],
  ...["sha256sum", "sort", "xargs"],
];

/**
 * Makes a folder the only one with programs.
 *
 * @param directory An empty folder.
 * @param more Programs beside those of the shell.
 * @returns The search path.
 */
export function pathOf(directory: string, more: readonly string[] = []): string {
  for (const name of [...SHELL_PROGRAMS, ...more]) {
    const place = env.PATH!.split(delimiter).map((folder) => join(folder, name)).find(existsSync);
    assert.ok(place, name);
    symlinkSync(place, join(directory, name));
  }
  return directory;
}
