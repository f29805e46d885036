/**
 * Faults of opening, of recovery, and of the files and folders of a store.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const OPENING_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/directory/open_root.ts",
    tests: ["tests/storage/damage/file_systems_test.ts"],
    faults: [{
      name: "opt-remote",
      breaks: "remote file systems are written to without consent",
      symbol: "trustedRoot",
      find: 'if (fileSystemReach(fileSystem.type) === "remote" && writing && !vouched) {',
      put: 'if (fileSystemReach(fileSystem.type) === "remote" && writing && fileSystem.type < 0) {',
    }],
  }),
  ...faultsOf({
    file: "storage/life/open_writer.ts",
    tests: ["tests/simulation/history/store_history_test.ts"],
    faults: [{
      name: "told-groups",
      breaks: "meta tells of groups whose file a power cut may take",
      symbol: "makeReady",
      find: "syncGroupFiles(files, next);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/directory/store_directory.ts",
    tests: ["tests/storage/directory/ensure_folder_test.ts"],
    faults: [{
      name: "folder-doubtful",
      breaks: "a folder made by a call that failed is not synced by the next",
      symbol: "StoreDirectory.ensureFolder",
      find: "if (made || isDoubtful) this",
      put: "if (made) this",
    }],
  }),
  ...faultsOf({
    file: "storage/log/active_segment.ts",
    tests: ["tests/storage/log/active_segment_test.ts"],
    faults: [{
      name: "opt-warm",
      breaks: "option warmUp does nothing",
      symbol: "ActiveSegment.warm",
      find: "if (options.warmUp) {",
      put: "if (options.warmUp && this.byteLength < 0) {",
    }, {
      name: "opt-lock",
      breaks: "option lockMemory does nothing",
      symbol: "ActiveSegment.warm",
      find: "if (options.lockMemory) this",
      put: "if (options.lockMemory && this.byteLength < 0) this",
    }],
  }),
  ...faultsOf({
    file: "storage/store_info.ts",
    tests: ["tests/storage/directory/open_root_test.ts"],
    faults: [{
      name: "opt-tmpfs",
      breaks: "tmpfs said to be durable",
      symbol: "hasDisk",
      find: 'fileSystem.name !== "tmpfs" && fileSystem.name !== "ramfs"',
      put: 'fileSystem.name !== ""',
    }],
  }),
  ...faultsOf({
    file: "storage/directory/writer_lock.ts",
    tests: ["tests/storage/directory/open_root_test.ts"],
    faults: [{
      name: "lock-live",
      breaks: "a broker's lock taken for a writer of ours",
      symbol: "hasLiveWriter",
      find: "queryWriterLock(directory)?.processId === OPEN_FILE_DESCRIPTION",
      put: "queryWriterLock(directory) !== undefined",
    }],
  }),
  ...faultsOf({
    file: "storage/directory/trust.ts",
    tests: ["tests/storage/directory/open_root_test.ts"],
    faults: [{
      name: "dir-mode2",
      breaks: "directories open to everybody",
      symbol: "OWN",
      find: "folderMode: 0o700",
      put: "folderMode: 0o755",
    }],
  }),
  ...faultsOf({
    file: "storage/directory/store_directory.ts",
    tests: ["tests/storage/directory/open_root_test.ts"],
    faults: [{
      name: "dontdump",
      breaks: "mappings in core dumps",
      symbol: "StoreDirectory.map",
      find: "MADV_DONTDUMP",
      put: "MADV_NORMAL",
    }],
  }),
  ...faultsOf({
    file: "storage/life/recover.ts",
    tests: ["tests/storage/life", "tests/simulation/history/store_regressions_test.ts"],
    faults: [{
      name: "scan-start",
      breaks: "a walk begins in an empty segment and knows no last time",
      symbol: "scanStart",
      find: "segments.at(known - 1) ?? segments.at(known)",
      put: "segments.at(known)",
    }, {
      name: "last-position",
      breaks: "the last record is one that is cut",
      symbol: "learn",
      find: "if (batches.unfinished === undefined) lastPosition",
      put: "lastPosition",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/derived.ts",
    tests: ["tests/content/regressions_test.ts"],
    faults: [{
      name: "lacks-entries",
      breaks: "a queue that lacks entries is not made anew",
      symbol: "Derived.lacksEntries",
      find: "queue.next < next ||",
      put: "queue.next < 0 ||",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/derived.ts",
    tests: ["tests/storage/life/durable_recovery_test.ts"],
    faults: [{
      name: "lacks-first",
      breaks: "a queue that lacks its first files is not made anew",
      symbol: "Derived.lacksEntries",
      find: "(queue.earliest > earliest && !isLive)",
      put: "false",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/derived.ts",
    tests: ["tests/storage/life"],
    faults: [{
      name: "walk-hidden",
      breaks: "a broken batch in the middle of the log is shown",
      symbol: "Derived.endScan",
      find: "this.hidden.add(hidden);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/derived.ts",
    tests: [
      "tests/storage/life",
      "tests/storage/life",
      "tests/storage/derived_damage_test.ts",
    ],
    faults: [{
      name: "walk-raise",
      breaks: "a queue starts with entries whose log is gone",
      symbol: "Derived.endScan",
      find: "this.trim(logStart);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/open_writer.ts",
    tests: ["tests/storage/life/durable_recovery_test.ts"],
    faults: [{
      name: "trusted-foreign",
      breaks: "what a broker wrote last is shown without being on the disk",
      symbol: "trustedPosition",
      find: "end - 2 * segments.segmentByteLength",
      put: "end",
    }, {
      name: "abort-file-sync",
      breaks: "the marker is not durable before anything changes",
      symbol: "writeAbort",
      find: 'check(libc.fsync(file.descriptor), "sync", ABORT_FILE);',
      put: "",
    }, {
      name: "abort-name-sync",
      breaks: "the name of the marker is not durable before anything changes",
      symbol: "writeAbort",
      find: 'libc.close(file.descriptor); } directory.syncFolder(".");',
      put: "libc.close(file.descriptor); }",
    }],
  }),
  ...faultsOf({
    file: "storage/life/open_writer.ts",
    tests: [],
    faults: [{
      name: "trusted-mark",
      breaks: "what a failed sync left in the page cache is shown without being on the disk",
      symbol: "trustedPosition",
      find: "return last.mark;",
      put: "return end;",
      by: {
        "explorer": ["--workload", "failed-sync-reopened", "--seeds", "1..4"],
        "kinds": ["undurable", "taken", "lost"],
      },
    }],
  }),
  ...faultsOf({
    file: "storage/life/store_files.ts",
    tests: [
      "tests/storage/damage/log_damage_test.ts",
      "tests/storage/damage/odd_directories_test.ts",
    ],
    faults: [{
      name: "short-log",
      breaks: "a log that ends before the mark is opened",
      symbol: "refuseShortLog",
      find: "segments.end >= mark ||",
      put: "segments.end >= 0 ||",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/derived.ts",
    tests: ["tests/storage/derived/index", "tests/storage/derived_damage_test.ts"],
    faults: [{
      name: "snapshot-index",
      breaks: "a snapshot of more keys than there are is believed",
      symbol: "Derived.holds",
      find: "file.count >= count",
      put: "file.count >= 0",
    }],
  }),
  ...faultsOf({
    file: "storage/life/last_writer.ts",
    tests: ["tests/storage/life/last_writer_test.ts"],
    faults: [{
      name: "other-mount",
      breaks: "a page cache of another mount is believed",
      symbol: "findLastWriter",
      find: "meta.mountId === now.mountId",
      put: 'meta.mountId !== ""',
    }, {
      name: "unknown-boot",
      breaks: "two boots that are not known are the same",
      symbol: "findLastWriter",
      find: "meta.bootId !== UNKNOWN_BOOT_ID &&",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/own_records.ts",
    tests: ["tests/storage/life/own_records_test.ts"],
    faults: [{
      name: "crc-foreign",
      breaks: "records of a broker are refused for want of a checksum",
      symbol: "OwnRecords.requiresCrc",
      find: "position < this.#doubtfulFrom && isInRanges",
      put: "isInRanges",
    }],
  }),
  ...faultsOf({
    file: "storage/life/repair.ts",
    tests: ["tests/storage/life/durable_recovery_test.ts"],
    faults: [{
      name: "zero-sync",
      breaks: "a tail that was cut comes back with a power cut",
      symbol: "zeroTail",
      find: 'check(libc.fsync(descriptor), "sync", path);',
      put: "",
    }, {
      name: "redirty-sync",
      breaks: "what is shown after a crash is not on the disk",
      symbol: "redirty",
      find: 'check(libc.fsync(descriptor), "sync", segment.path);',
      put: "",
    }, {
      name: "behind-order",
      breaks: "a kill while segments are removed leaves a gap",
      symbol: "removeSegmentsBehind",
      find: "behind.reverse()",
      put: "behind",
    }, {
      name: "behind-sync",
      breaks: "segments that were removed come back with a power cut",
      symbol: "removeSegmentsBehind",
      find: "directory.syncFolder(LOG_FOLDER);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/broker/store_checkpoint.ts",
    tests: ["tests/storage/life/housekeeper_test.ts"],
    faults: [{
      name: "checkpoint-sync",
      breaks: "the checkpoint of a broker is not durable",
      symbol: "writeStoreCheckpoint",
      find: 'check(await libc.fdatasyncAsync(file.descriptor), "sync", STORE_CHECKPOINT_FILE);',
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/broker/store_checkpoint.ts",
    tests: ["tests/storage/life/store_checkpoint_test.ts"],
    faults: [{
      name: "checkpoint-index",
      breaks: "a broker begins behind the first key of the index file that it makes anew",
      symbol: "recoveryStart",
      find: "openIndex.storeTimestamp - 1",
      put: "openIndex.storeTimestamp",
    }],
  }),
  ...faultsOf({
    file: "storage/log/batch_tracker.ts",
    tests: ["tests/storage/log/batch_tracker_test.ts"],
    faults: [{
      name: "group-count",
      breaks: "parts of two groups pass for one",
      symbol: "BatchTracker.see",
      find: "place.index === run.index + run.found && place.count === run.count",
      put: "place.index === run.index + run.found",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/hidden.ts",
    tests: ["tests/storage/derived/hidden_test.ts"],
    faults: [{
      name: "hidden-border",
      breaks: "the record behind a broken batch is hidden",
      symbol: "HiddenRanges.has",
      find: "position < to);",
      put: "position <= to);",
    }],
  }),
];
