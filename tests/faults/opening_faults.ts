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
    file: "storage/segment/active_segment.ts",
    tests: ["tests/storage/segment/active_segment_test.ts"],
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
    file: "storage/recovery/tail.ts",
    tests: ["tests/storage/recovery/tail_test.ts"],
    faults: [{
      name: "foreign-ge",
      breaks: "equal time counts as older",
      symbol: "judgeForeign",
      find: "next !== undefined && next.storeTimestamp >= lastTimestamp",
      put: "next !== undefined && next.storeTimestamp > lastTimestamp",
    }],
  }),
  ...faultsOf({
    file: "storage/directory/writer_lock.ts",
    tests: ["tests/storage/directory/open_root_test.ts"],
    faults: [{
      name: "lock-live",
      breaks: "a broker's lock taken for a writer of ours",
      symbol: "hasLiveWriter",
      find: "holder?.processId === OPEN_FILE_DESCRIPTION",
      put: "holder !== undefined",
    }],
  }),
  ...faultsOf({
    file: "storage/directory/store_directory.ts",
    tests: ["tests/storage/directory/open_root_test.ts"],
    faults: [{
      name: "dir-mode2",
      breaks: "directories open to everybody",
      symbol: "DIRECTORY_MODE",
      find: "export const DIRECTORY_MODE = 0o700;",
      put: "export const DIRECTORY_MODE = 0o755;",
    }, {
      name: "dontdump",
      breaks: "mappings in core dumps",
      symbol: "StoreDirectory.map",
      find: "MADV_DONTDUMP",
      put: "MADV_NORMAL",
    }],
  }),
];
