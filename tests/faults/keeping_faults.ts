/**
 * Faults of retention, of backups and of what they make durable.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const KEEPING_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/retention/retention.ts",
    tests: ["tests/storage/retention/kept_log_test.ts"],
    faults: [{
      name: "ret-nogroupmax",
      breaks: "group below earliest no longer holds retention",
      symbol: "Retention.#lowestNeeded",
      find: "const next = Math.max(offset, queue.earliest);",
      put: "const next = offset;",
    }, {
      name: "ret-dirsync",
      breaks: "deletion not made durable before derived files go",
      symbol: "Retention.#remove",
      find: "directory.syncFolder(LOG_FOLDER);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/backup/outer_file.ts",
    tests: ["tests/storage/backup/durable_backup_test.ts"],
    faults: [{
      name: "bk-rename",
      breaks: "name of a backup not made durable",
      symbol: "NewFile.finish",
      find: "const synced = libc.fsync(this.#folder);",
      put: "const synced = 0 as const;",
    }],
  }),
  ...faultsOf({
    file: "storage/store.ts",
    tests: ["tests/storage/backup/durable_backup_test.ts"],
    faults: [{
      name: "bk-flushed",
      breaks: "backup takes what is not flushed",
      symbol: "OpenStore.backup",
      find: "flushedTo: flushedPosition, geometry",
      put: "flushedTo: this.info.committedPosition, geometry",
    }],
  }),
];
