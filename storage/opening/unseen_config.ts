/**
 * What the directory says of topics and groups in a way that cannot be read.
 *
 * @module
 */
import { quotePath } from "../../ffi/mod.ts";
import { describeUnread, readOffsetFiles, readTopicsFile, TOPICS_PATH } from "../config/mod.ts";
import { isLocked, type StoreDirectory } from "../directory/mod.ts";
import { UnsupportedFormatError } from "../errors.ts";

/**
 * Folders in which a broker keeps topics and groups in RocksDB: `configManagerVersion=v2` in the first, and the others where its
 * queues are in RocksDB too.
 */
const ROCKSDB_FOLDERS = ["rdb", "metadata", "topics", "subscriptionGroups", "consumerOffsets"];

/**
 * Refuses to write where a broker keeps topics and groups in RocksDB: what is written beside it the broker would not see, and retention
 * would not see the broker's groups. A reader gets a note.
 *
 * @param directory The store's directory.
 * @throws {UnsupportedFormatError} If it is to be written.
 */
export function refuseUnseenConfig(directory: StoreDirectory): void {
  const folder = ROCKSDB_FOLDERS.map((name) => `config/${name}`)
    .find((path) => directory.status(`${path}/CURRENT`) !== undefined);
  if (folder === undefined) return;
  const found =
    "where a broker keeps topics and group progress in RocksDB (configManagerVersion=v2)";
  const { writing, note } = directory.trust;
  if (writing) {
    const remedy = "open it with readOnly, or have the broker keep them in JSON " +
      "(configManagerVersion=v1) and move that folder away";
    throw new UnsupportedFormatError(folder, found, remedy);
  }
  note(`Folder ${quotePath(folder)} is ${found}: neither is shown`);
}

/**
 * Tells a reader what of topics and groups cannot be read. Beside a writer it says nothing: a broker rewrites these files in place.
 *
 * @param directory The store's directory.
 */
export function noteUnreadConfig(directory: StoreDirectory): void {
  if (isLocked(directory)) return;
  for (
    const [path, reading] of readOffsetFiles(directory).set(TOPICS_PATH, readTopicsFile(directory))
  ) {
    describeUnread(path, reading).forEach(directory.trust.note);
  }
}
