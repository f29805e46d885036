/**
 * Kinds of files, as `stat` and directories encode them.
 *
 * @module
 */
import type { FileKind } from "./libc.ts";

// A directory entry's type is the kind bits of the mode shifted right by 12.
const KINDS: ReadonlyMap<number, FileKind> = new Map([
  [0o01, "fifo"],
  [0o02, "character"],
  [0o04, "directory"],
  [0o06, "block"],
  [0o10, "file"],
  [0o12, "link"],
  [0o14, "socket"],
]);

/** Decodes the type of a directory entry, or the upper four bits of a mode. */
export function fileKind(type: number): FileKind {
  return KINDS.get(type) ?? "unknown";
}
