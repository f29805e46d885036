/**
 * Paths below the root of a store, and errors of opening them.
 *
 * @module
 */
import { Errno, failed, type Outcome, systemError } from "../../ffi/mod.ts";
import { unsafePath } from "../errors.ts";

const ENOENT = 2;

/** The outcome of a call whose path leads through a missing folder. */
export function noSuchFolder(): Errno {
  return new Errno("ENOENT", ENOENT, "openat2");
}

/** A folder with those above it, the uppermost first: `a`, `a/b`, `a/b/c`. */
export function foldersOf(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, depth) => parts.slice(0, depth + 1).join("/"));
}

/** The folder that a path lies in. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash);
}

/** Whether a call failed because the path leads to nothing. */
export function isMissing(outcome: Outcome<unknown>): boolean {
  return failed(outcome) && (outcome.code === "ENOENT" || outcome.code === "ENOTDIR");
}

/** The error of a failed opening. */
export function openError(outcome: Errno, path: string): Error {
  switch (outcome.code) {
    case "ELOOP":
      return unsafePath("link", path);
    case "EXDEV":
      return unsafePath("outside", path);
    case "ENXIO":
      return unsafePath("fifo", path);
    case "ENOTDIR":
      return unsafePath("not-a-directory", path, "put the directory in its place");
    case "EISDIR":
      return unsafePath("not-a-file", path);
    default:
      return systemError(outcome, "open", path);
  }
}
