/**
 * What is in the folder of a log, before anything is judged.
 *
 * @module
 */
import type { FileKind } from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import { LOG_FOLDER, parseSegmentName } from "../layout/mod.ts";

/** An entry of the folder. */
export interface LogFolderEntry {
  /** Path below the root. */
  readonly path: string;
  /** The position that its name says; `undefined` if it is no segment's name. */
  readonly base: number | undefined;
  readonly kind: FileKind;
}

/** Lists the folder of a log by name, which is by position; nothing if there is no such folder. */
export function listLogFolder(directory: StoreDirectory): LogFolderEntry[] {
  return (directory.list(LOG_FOLDER) ?? []).map(({ name, kind }) => {
    const path = `${LOG_FOLDER}/${name}`;
    // Some file systems do not say in a listing what a name stands for.
    const known = kind === "unknown" ? directory.status(path)?.kind : kind;
    return { path, base: parseSegmentName(name), kind: known ?? kind };
  });
}
