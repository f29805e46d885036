/**
 * Topics and groups that the directory holds in a form that cannot be read.
 *
 * @module
 */
import { quotePath } from "../../ffi/mod.ts";
import { describeUnread } from "../broker/mod.ts";
import { isLocked, type StoreDirectory } from "../directory/mod.ts";
import { foreignFormat } from "../errors.ts";
import {
  CONFIG_FOLDER,
  ROCKSDB_CONFIG_FOLDER,
  ROCKSDB_FILE,
  ROCKSDB_STORE_FOLDERS,
} from "../layout/mod.ts";
import type { StoreFiles } from "./store_files.ts";

/** Folders in which a broker keeps topics and groups in RocksDB, and the setting for it. */
const ROCKSDB_FOLDERS = [
  {
    name: ROCKSDB_CONFIG_FOLDER,
    setting: "configManagerVersion=v2",
    otherwise: "configManagerVersion=v1",
    readable: "",
  },
  // Its queues are in RocksDB too, unless the setting was changed since.
  ...ROCKSDB_STORE_FOLDERS.map((name) => ({
    name,
    setting: "storeType=defaultRocksDB",
    otherwise: "storeType=default",
    readable: " if its queues are files",
  })),
];

/**
 * Refuses to write where a broker keeps topics and groups in RocksDB: the broker would not see what
 * is written beside it, nor retention the broker's groups. A reader gets a note.
 */
export function refuseUnseenConfig(directory: StoreDirectory): void {
  const known = ROCKSDB_FOLDERS.find(({ name }) =>
    directory.status(`${CONFIG_FOLDER}/${name}/${ROCKSDB_FILE}`) !== undefined
  );
  if (known === undefined) return;
  const { name, setting, otherwise, readable } = known;
  const folder = `${CONFIG_FOLDER}/${name}`;
  const found = `where a broker keeps topics and group progress in RocksDB (${setting})`;
  const { writing, note } = directory.trust;
  if (writing) {
    const remedy = `open it with readOnly${readable}, or have the broker keep them in JSON ` +
      `(${otherwise}) and move that folder away`;
    throw foreignFormat(folder, found, remedy);
  }
  note(`Folder ${quotePath(folder)} is ${found}: neither is shown`);
}

/**
 * Notes which files of topics and groups a reader cannot read; not beside a writer, because a
 * broker rewrites them in place.
 */
export function noteUnreadConfig({ directory, broker }: StoreFiles): void {
  if (isLocked(directory)) return;
  for (const [path, reading] of broker.all()) {
    describeUnread(path, reading).forEach(directory.trust.note);
  }
}
