/**
 * Faults of queues, of the index and of what the configuration files say.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const DERIVED_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/derived/index/index_files.ts",
    tests: ["tests/storage/derived/index/index_sync_test.ts"],
    faults: [{
      name: "index-folder-forgotten",
      breaks: "the folder of the index is never synced again if it could not be opened once",
      symbol: "IndexFiles.#syncFolder",
      find: "const descriptor = this.#directory.openFolder(INDEX_FOLDER);",
      put:
        "this.#isFolderDirty = false; const descriptor = this.#directory.openFolder(INDEX_FOLDER);",
    }],
  }),
  ...faultsOf({
    file: "storage/verify/store_state.ts",
    tests: ["tests/storage/verify/verify_beside_test.ts"],
    faults: [{
      name: "verify-beside-none",
      breaks: "what a live broker has not dispatched yet is called missing",
      symbol: "isUnderWay",
      find: "storeTimestamp >= dispatched",
      put: "storeTimestamp > dispatched",
    }, {
      name: "verify-beside-all",
      breaks: "beside a live broker nothing is missing, however old it is",
      symbol: "isUnderWay",
      find: "storeTimestamp >= dispatched",
      put: "true",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/index/index_geometry.ts",
    tests: ["tests/storage/derived/index/index_geometry_test.ts"],
    faults: [{
      name: "index-majority",
      breaks: "one wrong byte in an index file loses how it divides",
      symbol: "tellGeometry",
      find: "return majorityGeometry(source, byteLength, header);",
      put: "return undefined;",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/index/index_folder.ts",
    tests: ["tests/cli/doctor_broker_test.ts"],
    faults: [{
      name: "index-basis",
      breaks: "doctor prints a default of ours as the division of an index in ruins",
      symbol: "divideFiles",
      find: 'return { geometry, basis: "assumed", assumption };',
      put: 'return { geometry, basis: "told", assumption };',
    }],
  }),
  ...faultsOf({
    file: "storage/verify/index_check.ts",
    tests: ["tests/storage/verify/verify_beside_test.ts"],
    faults: [{
      name: "verify-beside-index",
      breaks: "beside a live broker the older index files are not checked",
      symbol: "IndexCheck.#isGrowing",
      find: "path === this.#paths.at(-1)",
      put: "true",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/queue/file_cache.ts",
    tests: ["tests/storage/derived/queue"],
    faults: [{
      name: "queue-sync-lost",
      breaks: "a queue file that is gone counts as durable",
      symbol: "FileCache.sync",
      find: "status.linkCount > 0 &&",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/queue/folder_sync.ts",
    tests: ["tests/storage/derived/queue"],
    faults: [{
      name: "queue-folder-again",
      breaks: "a folder whose sync failed is not synced again",
      symbol: "FolderSync.sync",
      find: "if (failure !== undefined) paths.forEach((path) => this.#changed.add(path));",
      put: "",
    }, {
      name: "queue-folder-parent",
      breaks: "the name of a queue folder is not durable",
      symbol: "FolderSync.ensure",
      find: "this.touch(folderOf(folder));",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/queue/queue_files.ts",
    tests: ["tests/storage/life/kept_log_test.ts"],
    faults: [{
      name: "queue-remove-sync",
      breaks: "a removed queue file comes back with a power cut",
      symbol: "QueueFiles.remove",
      find: "this.context.folders.touch(this.folder); this.starts = this.starts.filter",
      put: "this.starts = this.starts.filter",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/queue/queue_end.ts",
    tests: ["tests/storage/derived/queue"],
    faults: [{
      name: "queue-stale",
      breaks: "entries behind an older file of a queue are left",
      symbol: "findStaleEnd",
      find: "if (start + files.entriesPerFile < capacityEnd) return capacityEnd;",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/index/message_index.ts",
    tests: ["tests/storage/derived/index/index_sync_test.ts"],
    faults: [{
      name: "index-delete",
      breaks: "an index file with a key that is still there is deleted",
      symbol: "MessageIndex.deleteBelow",
      find: "header.endPosition >= logStart",
      put: "header.endPosition > logStart",
    }, {
      name: "index-sync-failed",
      breaks: "an index whose sync failed is believed",
      symbol: "MessageIndex.sync",
      find:
        'this.damage ??= "The index must be rebuilt from the log: it could not be made durable";',
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/index/index_reader.ts",
    tests: ["tests/storage/derived/index"],
    faults: [{
      name: "index-from",
      breaks: "find() misses what is stored in the second of its start",
      symbol: "mayTimeBeInRange",
      find: "time + MS_PER_SECOND <= from",
      put: "time <= from",
    }, {
      name: "index-to",
      breaks: "find() misses what is stored in the second of its end",
      symbol: "mayTimeBeInRange",
      find: "time >= to",
      put: "time + MS_PER_SECOND > to",
    }, {
      name: "index-replay",
      breaks: "a key is twice in the index after a crash",
      symbol: "eachEntry",
      find: "entry.position < scanStart",
      put: "entry.position <= scanStart",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/index/index_file.ts",
    tests: ["tests/storage/derived/index"],
    faults: [{
      name: "index-sync-lost",
      breaks: "an index file that is gone counts as durable",
      symbol: "IndexFile.sync",
      find: "status.linkCount === 0 ||",
      put: "",
    }, {
      name: "index-dirty",
      breaks: "an index file whose sync failed counts as clean",
      symbol: "IndexFile.sync",
      find: "if (failed(status)) this.isDirty = true;",
      put: "",
    }, {
      name: "index-replay-time",
      breaks: "the end of an index file is earlier than its last key",
      symbol: "IndexFile.recover",
      find: "(entry.timeDiffSeconds + 1) * MS_PER_SECOND - 1",
      put: "entry.timeDiffSeconds * MS_PER_SECOND",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/snapshot.ts",
    tests: ["tests/storage/derived/snapshot_test.ts"],
    faults: [{
      name: "snapshot-range",
      breaks: "a snapshot with an empty hidden range is believed",
      symbol: "toRange",
      find: "isCount(to) && from < to",
      put: "isCount(to) && from <= to",
    }],
  }),
  ...faultsOf({
    file: "storage/broker/replace_file.ts",
    tests: ["tests/storage/broker/replace_file_test.ts"],
    faults: [{
      name: "replace-sync",
      breaks: "a configuration file is replaced by one that is not on the disk",
      symbol: "writeTemporary",
      find: 'check(await libc.fsyncAsync(opened.descriptor), "write file", path);',
      put: "",
    }, {
      name: "replace-name",
      breaks: "the new name of a configuration file is not durable",
      symbol: "replace",
      find: "await directory.syncFolderAsync(folder);",
      put: "",
    }, {
      name: "replace-left",
      breaks: "a configuration file that could not be replaced leaves a temporary one",
      symbol: "replace",
      find: "directory.remove(temporary);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/broker/config_file.ts",
    tests: [
      "tests/storage/broker/config_files_test.ts",
      "tests/storage/life/housekeeper_test.ts",
    ],
    faults: [{
      name: "config-again",
      breaks: "a configuration file that could not be written counts as written",
      symbol: "ConfigFile.#write",
      find: "this.#isDirty = true; throw error;",
      put: "throw error;",
    }],
  }),
];
