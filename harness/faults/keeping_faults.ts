/**
 * Faults of retention, of backups and of what they make durable.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const KEEPING_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/life/retention.ts",
    tests: ["tests/storage/life/retention_test.ts"],
    faults: [{
      name: "retention-order",
      breaks: "entries lead to segments that are gone when their queue cannot be read",
      symbol: "LogRetention.#remove",
      find: "derived.trim(start);",
      put: "segments.drop((one) => one.base < start); derived.trim(start);",
    }, {
      name: "retention-forgotten",
      breaks: "a segment that could not be removed stays for ever",
      symbol: "LogRetention.#remove",
      find: "for (const segment of unwanted) {",
      put: "segments.drop((one) => one.base < start); for (const segment of unwanted) {",
    }],
  }),
  ...faultsOf({
    file: "storage/life/retention.ts",
    tests: ["tests/storage/life/kept_log_test.ts"],
    faults: [{
      name: "ret-nogroupmax",
      breaks: "group below earliest no longer holds retention",
      symbol: "LogRetention.#lowestNeeded",
      find: "const next = Math.max(offset, queue.earliest);",
      put: "const next = offset;",
    }, {
      name: "ret-dirsync",
      breaks: "deletion not made durable before derived files go",
      symbol: "LogRetention.#remove",
      find: "directory.syncFolder(LOG_FOLDER);",
      put: "",
    }, {
      name: "retention-age",
      breaks: "a message is deleted before it is too old",
      symbol: "LogRetention.#unwanted",
      find: "< now - maxAgeMs",
      put: "< now - maxAgeMs + 1000",
    }, {
      name: "retention-length",
      breaks: "a segment less is kept than allowed",
      symbol: "LogRetention.#unwanted",
      find: "> maxByteLength",
      put: ">= maxByteLength",
    }, {
      name: "retention-told",
      breaks: "readers are not told of a deletion",
      symbol: "LogRetention.#delete",
      find: "writer.publish();",
      put: "",
    }, {
      name: "retention-queues",
      breaks: "queues begin where the log is gone",
      symbol: "LogRetention.#remove",
      find: "derived.trim(start);",
      put: "",
    }, {
      name: "retention-past-groups",
      breaks: "pastGroups does nothing",
      symbol: "LogRetention.#unwanted",
      find: "options.retention.pastGroups ? Infinity",
      put: "options.retention.pastGroups ? this.#lowestNeeded()",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/derived.ts",
    tests: ["tests/storage/life/kept_log_test.ts"],
    faults: [{
      name: "retention-index",
      breaks: "index files of what is deleted stay",
      symbol: "Derived.deleteTrimmed",
      find: "this.index.deleteBelow(this.#logStart);",
      put: "",
    }, {
      name: "retention-files",
      breaks: "queue files of what is deleted stay",
      symbol: "Derived.deleteTrimmed",
      find: "for (const queue of this.queues.all()) queue.deleteFilesBelow();",
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
    }, {
      name: "backup-sync",
      breaks: "a backup has its name before it is on the disk",
      symbol: "NewFile.finish",
      find: 'check(await libc.fsyncAsync(this.descriptor), "sync", this.path);',
      put: "",
    }, {
      name: "backup-replace",
      breaks: "a backup replaces a file that came meanwhile",
      symbol: "NewFile.finish",
      find: "{ noReplace: true }",
      put: "{ noReplace: false }",
    }, {
      name: "backup-left",
      breaks: "a backup that failed leaves its file",
      symbol: "NewFile.abandon",
      find: "this.#libc.unlinkat(this.#folder, this.#temporaryName);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/store.ts",
    tests: ["tests/storage/backup/durable_backup_test.ts"],
    faults: [{
      name: "bk-flushed",
      breaks: "backup takes what is not flushed",
      symbol: "OpenStore.#backUp",
      find: "flushedTo: flushedPosition, geometry",
      put: "flushedTo: this.info.committedPosition, geometry",
    }],
  }),
  ...faultsOf({
    file: "storage/life/retention.ts",
    tests: ["tests/storage/life/retention_test.ts"],
    faults: [{
      name: "retention-flushed",
      breaks: "what is not flushed is deleted",
      symbol: "LogRetention.#unwanted",
      find: "Math.min(needed, flushedPosition - 1, ",
      put: "Math.min(needed, ",
    }, {
      name: "retention-unwritten",
      breaks: "queue files are made of what is deleted",
      symbol: "LogRetention.#delete",
      find: "this.#files.derived.queues.writePending();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/retention.ts",
    tests: ["tests/storage/backup/backup_beside_test.ts"],
    faults: [{
      name: "backup-not-held",
      breaks: "retention deletes what a backup has still to copy",
      symbol: "LogRetention.isDue",
      find: "return this.#holdCount === 0 && (",
      put: "return (",
    }],
  }),
  ...faultsOf({
    file: "storage/life/carried_checkpoints.ts",
    tests: ["tests/storage/life/carried_checkpoints_test.ts"],
    faults: [{
      name: "carry-dropped",
      breaks: "checkpoints of a dropped job are carried for ever",
      symbol: "checkpointsToCarry",
      find: "|| !newest[0].isLive ||",
      put: "||",
    }, {
      name: "carry-copy",
      breaks: "an older copy is carried in place of the newest checkpoint",
      symbol: "newestCheckpoint",
      find: "if (parts[0].isNewest) return best;",
      put: "return best;",
    }],
  }),
  ...faultsOf({
    file: "storage/backup/backup_log.ts",
    tests: ["tests/storage/backup"],
    faults: [{
      name: "backup-abort",
      breaks: "abort does not end a backup",
      symbol: "copySegments",
      find: "options.signal?.throwIfAborted();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/backup/restore_backup.ts",
    tests: ["tests/storage/backup/durable_backup_test.ts"],
    faults: [{
      name: "restore-unfinished",
      breaks: "a restore that was killed looks like a store",
      symbol: "makeLog",
      find: "makeFile(root, UNFINISHED_RESTORE, marker);",
      put: "",
    }, {
      name: "restore-marker",
      breaks: "a broker believes queues that are not there yet",
      symbol: "makeLog",
      find: "makeFile(root, ABORT_FILE, marker);",
      put: "",
    }, {
      name: "restore-sync",
      breaks: "a restored segment is not on the disk",
      symbol: "copySegments",
      find: 'check(await libc.fsyncAsync(target), "sync", path);',
      put: "",
    }, {
      name: "restore-names",
      breaks: "a restore is finished before its folders are on the disk",
      symbol: "makeLog",
      find: 'root.syncFolder("."); root.remove(UNFINISHED_RESTORE);',
      put: "root.remove(UNFINISHED_RESTORE);",
    }],
  }),
  ...faultsOf({
    file: "storage/backup/restore_beside.ts",
    tests: ["tests/storage/backup/durable_backup_test.ts"],
    faults: [{
      name: "restore-marker-sync",
      breaks: "markers of a restore are not on the disk",
      symbol: "makeFile",
      find: "failed(written) ? written : root.libc.fsync(file.descriptor)",
      put: "failed(written) ? written : 0 as const",
    }],
  }),
  ...faultsOf({
    file: "storage/backup/backup_source.ts",
    tests: ["tests/storage/backup/durable_backup_test.ts"],
    faults: [{
      name: "restore-last",
      breaks: "a backup that ends inside of a record is restored",
      symbol: "checkBackupRecords",
      find: "if (position !== to)",
      put: "if (position < to)",
    }],
  }),
];
