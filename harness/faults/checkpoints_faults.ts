/**
 * Faults of what is taken for a checkpoint, and of which one is the newest.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const CHECKPOINTS_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/layout/reserved_properties.ts",
    tests: ["tests/adapters/checkpoint/appended_test.ts"],
    faults: [{
      name: "checkpoint-appended",
      breaks: "an old checkpoint that is appended to its topic sets the job back",
      symbol: "isReservedProperty",
      find: "|| name.startsWith(CHECKPOINT_PREFIX)",
      put: "",
    }, {
      name: "reserved-first",
      breaks: "names that begin with an underscore are not reserved",
      symbol: "isReservedProperty",
      find: "name.charCodeAt(0) > FIRST_MAX",
      put: "name.charCodeAt(0) >= FIRST_MAX",
      by: { tests: ["tests/storage/layout/properties_test.ts"] },
    }, {
      name: "checkpoint-anybody",
      breaks: "whoever writes the names of a checkpoint's properties makes one",
      symbol: "areOfCheckpoint",
      find: "return checkpoints.has(properties);",
      put: "return properties !== undefined;",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/reserved_properties.ts",
    tests: ["tests/storage/layout/message_input_test.ts"],
    faults: [{
      name: "checkpoint-all-reserved",
      breaks: "a checkpoint may carry what else is reserved",
      symbol: "mayHold",
      find: "name.startsWith(CHECKPOINT_PREFIX) && areOfCheckpoint",
      put: "areOfCheckpoint",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/message_input.ts",
    tests: ["tests/storage/layout/message_input_test.ts"],
    faults: [{
      name: "checkpoint-taken",
      breaks: "a checkpoint that an iterator yields cannot be written",
      symbol: "takeOthers",
      find: "letHoldTheSame(properties, taken);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/checkpoint/checkpoint_log.ts",
    tests: ["tests/adapters/checkpoint/appended_test.ts"],
    faults: [{
      name: "checkpoint-last",
      breaks: "an old checkpoint that an older release let be appended sets the job back",
      symbol: "findNewest",
      find: "if (found.isNewest) return newest;",
      put: "return newest;",
    }, {
      name: "checkpoint-walk",
      breaks: "all checkpoints of a job are read to find the newest",
      symbol: "findNewest",
      find: "if (found.isNewest) return newest;",
      put: "",
    }, {
      name: "checkpoint-dropped-again",
      breaks: "the end of a job that was appended again hides the checkpoints since",
      symbol: "findAll",
      find: 'found.state === "dropped" && found.isNewest',
      put: 'found.state === "dropped"',
    }],
  }),
  ...faultsOf({
    file: "storage/life/carried_checkpoints.ts",
    tests: ["tests/adapters/checkpoint/copies_test.ts"],
    faults: [{
      name: "carry-newest",
      breaks: "a checkpoint that was carried hides one that was saved meanwhile",
      symbol: "copyProperties",
      find: "copied.delete(name);",
      put: "if (name !== NEWEST) copied.delete(name);",
    }],
  }),
  ...faultsOf({
    file: "cli/salvage_messages.ts",
    tests: ["tests/cli/copies_test.ts"],
    faults: [{
      name: "salvage-jobs",
      breaks: "a rescued store has no jobs",
      symbol: "SalvagedMessages.#keptProperties",
      find: "if (isOwn) checkpointProperties(kept);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "cli/salvage.ts",
    tests: ["tests/cli/copies_test.ts"],
    faults: [{
      name: "salvage-copy",
      breaks: "a broker's copy of a checkpoint is one in a rescued store",
      symbol: "Salvage.#partOf",
      find: "this.#messages.of(record, isOwn)",
      put: "this.#messages.of(record, true)",
    }],
  }),
  ...faultsOf({
    file: "cli/salvage.ts",
    tests: ["tests/cli/salvage_test.ts"],
    faults: [{
      name: "salvage-unsealed",
      breaks: "salvage hands out a record of ours whose checksum is wrong or missing",
      symbol: "Salvage.#readAll",
      find: "this.#own.requiresCrc",
      put: "() => false",
    }],
  }),
  ...faultsOf({
    file: "cli/salvage_report.ts",
    tests: ["tests/cli/salvage_test.ts"],
    faults: [{
      name: "salvage-unproven",
      breaks: "salvage is silent about a wrong checksum where it is not known who wrote",
      symbol: "unprovenBecause",
      find: 'if (record.recordCrc === "wrong") return "recordCrc";',
      put: "",
    }, {
      name: "salvage-nameless",
      breaks: "salvage is silent about a record of our form without a checksum",
      symbol: "unprovenBecause",
      find: "&& hasOwnHead(record)",
      put: "&& record.flag < 0",
    }],
  }),
];
