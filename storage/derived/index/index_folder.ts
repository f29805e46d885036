/**
 * Which index files a store has, and which of them can be used.
 *
 * @module
 */
import { quotePath } from "../../../ffi/mod.ts";
import { isLocked, type StoreDirectory } from "../../directory/mod.ts";
import { INDEX_FOLDER, indexFileByteLength, parseIndexName } from "../../layout/mod.ts";
import { indexPath } from "./index_file.ts";
import { fitGeometry, tellGeometry } from "./index_geometry.ts";
import { fileSource, indexDamage, type IndexGeometry, type IndexSource } from "./index_reader.ts";

/** What a look at the folder gave. */
export interface IndexListing {
  /** Names of the files that can be used, oldest first. */
  readonly names: string[];
  /** How they divide. */
  readonly geometry: IndexGeometry;
  /** That nothing tells it, in words; `undefined` if the entries do, or somebody asked for it, or there is no file. */
  readonly assumption: string | undefined;
  /** Names of files that were made and never given their length, or are filled by a live writer and tell nothing yet: they hold nothing. */
  readonly unfinished: string[];
  /** Why some cannot be used, in words; `undefined` if all can. */
  readonly damage: string | undefined;
}

/**
 * Looks at the index folder. The files of one store all divide in the same way, that of the oldest one that tells.
 *
 * @param directory The store's directory.
 * @param asked How files divide according to what is known of the store.
 * @param isAsked Whether somebody asked for that.
 * @returns What is there.
 * @throws {StoreError<"UNSAFE_DIRECTORY">} If a file is not a regular file of ours.
 */
export function listIndexFiles(
  directory: StoreDirectory,
  asked: IndexGeometry,
  isAsked: boolean,
): IndexListing {
  const names: string[] = [];
  const unfinished: string[] = [];
  const { geometry, assumption } = divideFiles(directory, asked, isAsked);
  let damage: string | undefined;
  const all = indexNames(directory);
  for (const name of all) {
    const wrong = withIndexSource(directory, name, (source, byteLength) => {
      if (byteLength === 0) return "";
      // Beside a live writer the only file may be one that it has just made: its first entries tell how it divides.
      if (geometry === undefined && all.length === 1 && hasOtherWriter(directory)) return "";
      return geometry === undefined || byteLength !== fileByteLength(geometry)
        ? `it has ${byteLength} bytes, which do not divide into slots and entries as the others do`
        : indexDamage(source, geometry);
    });
    if (wrong === undefined) names.push(name);
    else if (wrong === "") unfinished.push(name);
    else {damage ??= `Index file ${
        quotePath(indexPath(name))
      } must be rebuilt from the log: ${wrong}`;}
  }
  return { names, unfinished, damage, geometry: geometry ?? asked, assumption };
}

function hasOtherWriter(directory: StoreDirectory): boolean {
  return !directory.trust.writing && isLocked(directory);
}

/** Asks the files in turn; where none tells, what fits the length of the first. */
function divideFiles(
  directory: StoreDirectory,
  asked: IndexGeometry,
  isAsked: boolean,
): { readonly geometry: IndexGeometry | undefined; readonly assumption: string | undefined } {
  let firstByteLength = 0;
  for (const name of indexNames(directory)) {
    const told = withIndexSource(directory, name, (source, byteLength) => {
      if (firstByteLength === 0) firstByteLength = byteLength;
      return byteLength === 0 ? undefined : tellGeometry(source, byteLength, asked);
    });
    if (told !== undefined) return { geometry: told, assumption: undefined };
  }
  if (firstByteLength === 0) return { geometry: asked, assumption: undefined };
  const geometry = fitGeometry(firstByteLength, asked);
  const isKnown = geometry === undefined || (isAsked && geometry === asked);
  return { geometry, assumption: isKnown ? undefined : describeAssumed(geometry) };
}

/** Whoever reads a file with other numbers than it was written with finds none of its keys. */
function describeAssumed({ slotCount, entryCount }: IndexGeometry): string {
  return `The files of the index hold no keys that would tell how they divide: ${slotCount} slots and ${entryCount} entries are assumed. ` +
    "Where a broker was told other numbers, open the store with indexSlotCount and indexEntryCount";
}

/**
 * Reads an index file. It is open for the time of the call only.
 *
 * @param directory The store's directory.
 * @param name Name of the file.
 * @param read Called with the file and its length in bytes.
 * @returns What `read` gave; `undefined` if there is no such file.
 */
export function withIndexSource<T>(
  directory: StoreDirectory,
  name: string,
  read: (source: IndexSource, byteLength: number) => T,
): T | undefined {
  const opened = directory.openFile(indexPath(name));
  if (opened === undefined) return undefined;
  try {
    const source = fileSource(directory.libc, opened.descriptor, indexPath(name));
    return read(source, opened.status.byteLength);
  } finally {
    directory.libc.close(opened.descriptor);
  }
}

/**
 * Lists everything that is named like an index file.
 *
 * @param directory The store's directory.
 * @returns The names, oldest first.
 */
export function indexNames(directory: StoreDirectory): string[] {
  const names: string[] = [];
  for (const { name, kind } of directory.list(INDEX_FOLDER) ?? []) {
    if (parseIndexName(name) !== undefined && kind !== "directory") names.push(name);
  }
  return names;
}

function fileByteLength(geometry: IndexGeometry): number {
  return indexFileByteLength(geometry.slotCount, geometry.entryCount);
}
