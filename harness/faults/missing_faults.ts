/**
 * Faults of what is missed when it is gone (the front of the log, the progress of groups), and of
 * files under an old name.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const FRONT = ["tests/storage/life/log_front_test.ts"];
const CONFIG = ["tests/storage/broker/missing_config_test.ts"];

/** Faults. */
export const MISSING_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/life/log_front.ts",
    tests: FRONT,
    faults: [{
      name: "front-missing",
      breaks: "a log without its front is taken for one that retention has cut",
      symbol: "missingFront",
      find: "start < segments.start",
      put: "start < 0",
    }, {
      name: "front-live",
      breaks: "a reader misses what retention deletes while it looks",
      symbol: "missingFront",
      find: "readMeta(directory)?.start",
      put: "meta?.start",
    }, {
      name: "front-killed",
      breaks: "the front of a log is not missed after a writer that was killed",
      symbol: "mayBeBrokers",
      find: 'last.rule !== "foreign" ||',
      put: "",
    }, {
      name: "front-broker",
      breaks: "what a broker deleted is missed while it has the store open",
      symbol: "mayBeBrokers",
      find: "!isOurs ||",
      put: "",
    }, {
      name: "front-taken-over",
      breaks: "what a broker deleted that took over from a dead writer is missed",
      symbol: "mayBeBrokers",
      find: '|| meta.state === "open"',
      put: "",
    }, {
      name: "front-broker-closed",
      breaks: "what a broker deleted that stored nothing is missed",
      symbol: "mayBeBrokers",
      find: "modified(STORE_CHECKPOINT_FILE) > modified(META_FILE)",
      put: "modified(STORE_CHECKPOINT_FILE) < 0",
    }, {
      name: "front-broker-stored",
      breaks: "what a broker deleted is missed, though its messages are there",
      symbol: "mayBeBrokers",
      find: "byte !== 0",
      put: "byte < 0",
    }, {
      name: "front-rebuild",
      breaks: "rebuild does not go on without the front of the log",
      symbol: "giveUpFront",
      find: "meta.write({ start: to })",
      put: "meta.write({})",
    }],
  }),
  ...faultsOf({
    file: "storage/life/kept_geometry.ts",
    tests: ["tests/cli/geometry_test.ts"],
    faults: [{
      name: "geometry-unkept",
      breaks: "rebuild makes files of a broker by defaults of its own",
      symbol: "keepGeometry",
      find: 'check(await meta.write(next), "write", META_FILE);',
      put: "void next;",
    }, {
      name: "geometry-batch",
      breaks: "rebuild forgets how long files of batch queues were",
      symbol: "keepGeometry",
      find: "batchFile: emptyFile(directory, batch, batchCount)",
      put: "batchFile: undefined",
    }],
  }),
  ...faultsOf({
    file: "storage/backup/backup_header.ts",
    tests: ["tests/cli/geometry_test.ts"],
    faults: [{
      name: "geometry-backup",
      breaks: "a backup does not say which lengths nothing told",
      symbol: "encodeBackupHead",
      find: "manifest.assumed.length === 0 ?",
      put: "manifest.assumed.length >= 0 ?",
    }],
  }),
  ...faultsOf({
    file: "storage/life/recover.ts",
    tests: FRONT,
    faults: [{
      name: "front-back",
      breaks: "segments that come back are not read",
      symbol: "scanStart",
      find: "|| (!isLive && hasOlderFront(files))",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/open_writer.ts",
    tests: FRONT,
    faults: [{
      name: "front-unsaid",
      breaks: "a writer does not say where the log starts",
      symbol: "nextMeta",
      find: "start: segments.start,",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/retention.ts",
    tests: FRONT,
    faults: [{
      name: "front-retention",
      breaks: "what retention deleted is taken for lost",
      symbol: "LogRetention.#delete",
      find: "await writeMeta(this.#parts, { start });",
      put: "",
    }, {
      name: "front-retention-order",
      breaks: "a kill while retention deletes closes the store",
      symbol: "LogRetention.#delete",
      find: "await writeMeta(this.#parts, { start }); this.#remove(unwanted, start);",
      put: "this.#remove(unwanted, start); await writeMeta(this.#parts, { start });",
    }],
  }),
  ...faultsOf({
    file: "storage/life/retention.ts",
    tests: ["tests/storage/life/kept_log_test.ts"],
    faults: [{
      name: "front-retention-awaited",
      breaks: "a power cut while retention deletes closes the store",
      symbol: "LogRetention.#delete",
      find: "await writeMeta(this.#parts, { start });",
      put: "void writeMeta(this.#parts, { start });",
    }],
  }),
  ...faultsOf({
    file: "storage/life/repair.ts",
    tests: FRONT,
    faults: [{
      name: "front-emptied",
      breaks: "a log that lost all its records does not know where it goes on",
      symbol: "removeSegmentsBehind",
      find: "&& (base > start || base === 0)",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/meta_codec.ts",
    tests: [...FRONT, "tests/storage/layout/streambed_files_test.ts"],
    faults: [{
      name: "trace-crc",
      breaks: "a damaged trace is believed",
      symbol: "readTrace",
      find: "view.getUint32(offsets.crc) !== crc32(part.subarray(0, offsets.crc))",
      put: "view.getUint32(offsets.crc) === 0",
    }, {
      name: "trace-generation",
      breaks: "the trace of another slot is believed",
      symbol: "readTrace",
      find: "readI64(view, offsets.generation) !== generation",
      put: "readI64(view, offsets.generation) < 0",
    }],
  }),
  ...faultsOf({
    file: "storage/broker/read_config.ts",
    tests: CONFIG,
    faults: [{
      name: "config-missing",
      breaks: "progress that is missing counts as progress of nobody",
      symbol: "readConfig",
      find: "isExpected && unreadable.length",
      put: "false && unreadable.length",
    }],
  }),
  ...faultsOf({
    file: "storage/broker/config_file.ts",
    tests: ["tests/storage/broker"],
    faults: [{
      name: "config-durable-early",
      breaks: "a file that is being written counts as written",
      symbol: "ConfigFile.isDurable",
      find: "!this.#isDirty && !this.#isWriting",
      put: "!this.#isDirty",
    }, {
      name: "config-missing-whole",
      breaks: "retention deletes past progress that is missing",
      symbol: "ConfigFile",
      find: "this.isWhole = !reading.isMissing && reading",
      put: "this.isWhole = reading",
    }, {
      name: "config-missing-forgotten",
      breaks: "progress that is missing is forgotten with the next group that commits",
      symbol: "ConfigFile.#keepUnread",
      find: "if (!this.#isMissing) return;",
      put: "if (this !== undefined) return;",
    }, {
      name: "config-came-back",
      breaks: "progress that came back while the store was open is written over",
      symbol: "ConfigFile",
      find: "reading.isMissing ? [path, `${path}${BACKUP_SUFFIX}`] : reading.unreadable",
      put: "reading.unreadable",
    }],
  }),
  ...faultsOf({
    file: "storage/broker/consumer_offsets.ts",
    tests: ["tests/storage/broker"],
    faults: [{
      name: "config-told-early",
      breaks: "groups are missed that no file has told of yet",
      symbol: "ConsumerOffsets.told",
      find: "file.isDurable && count > 0",
      put: "count > 0",
    }, {
      name: "config-missing-once",
      breaks: "progress that is missing is missed once only",
      symbol: "ConsumerOffsets.told",
      find: "|| !file.isWhole",
      put: "",
    }, {
      name: "config-empty",
      breaks: "an empty table in the place of what is missing is no beginning",
      symbol: "ConsumerOffsets.told",
      find: "count > 0",
      put: "count >= 0",
    }],
  }),
  ...faultsOf({
    file: "storage/broker/broker_files.ts",
    tests: ["tests/storage/broker"],
    faults: [{
      name: "config-lmq",
      breaks: "progress of a broker with enableLmq is not missed",
      symbol: "BrokerFiles.constructor",
      find: "isExpected: meta?.hasLmqOffsets",
      put: "isExpected: false",
    }],
  }),
  ...faultsOf({
    file: "storage/life/open_writer.ts",
    tests: CONFIG,
    faults: [{
      name: "config-seen",
      breaks: "a broker's progress that was seen is not missed",
      symbol: "nextMeta",
      find: "...offsets.told,",
      put: "hasOffsets: meta?.hasOffsets, hasLmqOffsets: meta?.hasLmqOffsets,",
    }],
  }),
  ...faultsOf({
    file: "storage/backup/carried_files.ts",
    tests: CONFIG,
    faults: [{
      name: "config-backup",
      breaks: "progress that is missing is that of nobody where a backup is restored",
      symbol: "readConfig",
      find: "if (!isMissing) continue;",
      put: "if (path !== undefined) continue;",
    }],
  }),
  ...faultsOf({
    file: "storage/backup/restore_backup.ts",
    tests: CONFIG,
    faults: [{
      name: "config-restored",
      breaks: "progress that is missing is not missed in a restored store",
      symbol: "writeMeta",
      find: "hasOffsets: isCarried(GROUP_OFFSETS_FILE),",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/directory/positions_file.ts",
    tests: [
      "tests/storage/life/older_release_test.ts",
      "tests/storage/life/older_store_test.ts",
    ],
    faults: [{
      name: "positions-older-word",
      breaks: "a reader goes by the older of two files",
      symbol: "PositionsFile.open",
      find: "(own.read()?.epoch ?? -1) >= (old.read()?.epoch ?? -1)",
      put: "true",
    }, {
      name: "positions-not-renamed",
      breaks: "readers that have the positions open under their old name are left behind",
      symbol: "replaceOldName",
      find: "directory.rename(OLD_POSITIONS_FILE, POSITIONS_FILE);",
      put: "directory.remove(OLD_POSITIONS_FILE);",
    }, {
      name: "positions-kept-old",
      breaks: "the positions of an older release stay beside ours",
      symbol: "replaceOldName",
      find: "else directory.remove(OLD_POSITIONS_FILE);",
      put: "",
    }, {
      name: "positions-not-missed",
      breaks: "a reader does not see that a writer of an older release has come",
      symbol: "PositionsFile.openNewer",
      find: "old === undefined || isSameFile(old, this.#status)",
      put: "true",
    }],
  }),
];
