/**
 * Looking at files outside of a store.
 *
 * @module
 */
import { lstatSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * False only if there is surely nothing; what may not be looked at counts as there, and opening it
 * says why.
 */
export function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    return code !== "ENOENT" && code !== "ENOTDIR";
  }
}

/** What a path leads to. What may not be looked at counts as a directory: opening it says why. */
export function kindOf(path: string): "nothing" | "directory" | "other" {
  try {
    return statSync(path).isDirectory() ? "directory" : "other";
  } catch {
    return isThere(path) ? "directory" : "nothing";
  }
}

/** The path itself, or the nearest existing one above it, where it is still to be made. */
export function nearestExisting(path: string): string {
  let existing = resolve(path);
  while (!isThere(existing) && dirname(existing) !== existing) existing = dirname(existing);
  return existing;
}
