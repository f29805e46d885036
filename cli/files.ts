/**
 * Looking at files outside of a store.
 *
 * @module
 */
import { lstatSync } from "node:fs";

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
