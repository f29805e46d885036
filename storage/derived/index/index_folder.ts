/**
 * Lists the index files of a store and tells which of them can be used.
 *
 * @module
 */
import { check, quotePath } from "../../../ffi/mod.ts";
import { isLocked, readFully, type StoreDirectory } from "../../directory/mod.ts";
import { INDEX_FOLDER, isIndexName } from "../../layout/mod.ts";
import { indexPath } from "./index_file.ts";
import { fitGeometry, tellGeometry } from "./index_geometry.ts";
import {
  fileByteLength,
  indexDamage,
  type IndexGeometry,
  type IndexSource,
} from "./index_reader.ts";

/** The index files of a store. */
export interface IndexListing {
  /** Names of the usable files, oldest first. */
  readonly names: string[];
  readonly geometry: IndexGeometry;
  /** Where it is known from: the entries of a file, nothing in the files, or no file is there. */
  readonly basis: "told" | "assumed" | "none";
  /**
   * A note that the geometry is a guess; `undefined` if the entries told it, it was set, or there
   * is no file.
   */
  readonly assumption: string | undefined;
  /**
   * Names of files without content: made but never given their length, or just begun by a live
   * writer.
   */
  readonly unfinished: string[];
  /** Why some files cannot be used; `undefined` if all can. */
  readonly damage: string | undefined;
}

/**
 * Looks at the index folder. All files of a store have one geometry, that of the oldest that tells.
 *
 * @param isAsked True if the caller set `asked` explicitly.
 * @throws {StoreError<"UNSAFE_DIRECTORY">} If a file is not a regular file with trusted
 * permissions.
 */
export function listIndexFiles(
  directory: StoreDirectory,
  asked: IndexGeometry,
  isAsked: boolean,
): IndexListing {
  const names: string[] = [];
  const unfinished: string[] = [];
  const { geometry, basis, assumption } = divideFiles(directory, asked, isAsked);
  let damage: string | undefined;
  const all = indexNames(directory);
  for (const name of all) {
    const wrong = withIndexSource(directory, name, (source, byteLength) => {
      if (byteLength === 0) return "";
      // The only file may have just been made by a live writer: its first entries will tell the
      // geometry.
      const isOnly = geometry === undefined && all.length === 1;
      if (isOnly && !directory.trust.writing && isLocked(directory)) return "";
      return geometry === undefined || byteLength !== fileByteLength(geometry)
        ? `it has ${byteLength} bytes, which do not divide into slots and entries as the others do`
        : indexDamage(source, geometry);
    });
    if (wrong === undefined) names.push(name);
    else if (wrong === "") unfinished.push(name);
    else {
      const path = quotePath(indexPath(name));
      damage ??= `Index file ${path} must be rebuilt from the log: ${wrong}`;
    }
  }
  return { names, unfinished, damage, geometry: geometry ?? asked, basis, assumption };
}

/** Asks the files in turn; if none tells, takes what fits the length of the first one. */
function divideFiles(
  directory: StoreDirectory,
  asked: IndexGeometry,
  isAsked: boolean,
): Pick<IndexListing, "basis" | "assumption"> & { readonly geometry: IndexGeometry | undefined } {
  let firstByteLength = 0;
  for (const name of indexNames(directory)) {
    const told = withIndexSource(directory, name, (source, byteLength) => {
      if (firstByteLength === 0) firstByteLength = byteLength;
      return byteLength === 0 ? undefined : tellGeometry(source, byteLength, asked);
    });
    if (told !== undefined) return { geometry: told, basis: "told", assumption: undefined };
  }
  if (firstByteLength === 0) return { geometry: asked, basis: "none", assumption: undefined };
  const geometry = fitGeometry(firstByteLength, asked);
  const isKnown = geometry === undefined || (isAsked && geometry === asked);
  const assumption = isKnown ? undefined : describeAssumed(geometry);
  return { geometry, basis: "assumed", assumption };
}

/** With the wrong geometry a reader finds none of the keys. */
function describeAssumed({ slotCount, entryCount }: IndexGeometry): string {
  return "The index files hold no keys, which would tell how they divide: " +
    `${slotCount} slots and ${entryCount} entries are assumed. If the broker uses other numbers, ` +
    "open the store with indexSlotCount and indexEntryCount";
}

/**
 * Opens an index file, calls `read` with it and its length in bytes, and closes it again; gives the
 * result, or `undefined` if the file does not exist.
 */
export function withIndexSource<T>(
  directory: StoreDirectory,
  name: string,
  read: (source: IndexSource, byteLength: number) => T,
): T | undefined {
  const { libc } = directory;
  const path = indexPath(name);
  const opened = directory.openFile(path);
  if (opened === undefined) return undefined;
  const { descriptor, status } = opened;
  const source: IndexSource = {
    copyOut(offset, byteLength, target): void {
      const bytes = target.subarray(0, byteLength);
      bytes.fill(0, check(readFully(libc, descriptor, bytes, offset), "read index file", path));
    },
  };
  try {
    return read(source, status.byteLength);
  } finally {
    libc.close(descriptor);
  }
}

/** Lists all names that look like an index file, oldest first. */
export function indexNames(directory: StoreDirectory): string[] {
  return (directory.list(INDEX_FOLDER) ?? [])
    .filter(({ name, kind }) => isIndexName(name) && kind !== "directory")
    .map(({ name }) => name);
}
