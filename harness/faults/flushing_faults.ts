/**
 * Faults of syncs of the log: where they are made, whom they serve, what is written before them.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const FLUSHING_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/log/sync_pace.ts",
    tests: ["tests/storage/log/inline_sync_test.ts"],
    faults: [{
      name: "pace-long",
      breaks: "syncs stop the event loop however long they take",
      symbol: "SyncPace.end",
      find: "elapsedMs <= SHORT_MS",
      put: "elapsedMs >= 0",
    }, {
      name: "pace-refused",
      breaks: "inlineSync: false does nothing",
      symbol: "SyncPace.allows",
      find: "this.#isAllowed && ",
      put: "",
    }, {
      name: "pace-waiters",
      breaks: "however many wait, the event loop waits too",
      symbol: "SyncPace.allows",
      find: "waiterCount <= WAITER_LIMIT",
      put: "waiterCount > 0",
    }, {
      name: "pace-bytes",
      breaks: "however much is to be written, the event loop waits for it",
      symbol: "SyncPace.allows",
      find: "byteLength <= BYTE_LIMIT",
      put: "byteLength > 0",
    }],
  }),
  ...faultsOf({
    file: "storage/log/zero_fill.ts",
    tests: ["tests/storage/log/zero_fill_test.ts", "tests/storage/log/flusher_test.ts"],
    faults: [{
      name: "zeros-to-the-end",
      breaks: "zeros give a segment that was cut its length back",
      symbol: "ZeroFill.constructor",
      find: "byteLength - 1;",
      put: "byteLength;",
    }, {
      name: "zeros-each-time",
      breaks: "zeros are written before each sync",
      symbol: "ZeroFill.before",
      find: "|| written <= this.#end",
      put: "",
    }, {
      name: "zeros-before-much",
      breaks: "zeros are written before a long sync",
      symbol: "ZeroFill.before",
      find: "|| byteLength > LONG_BYTE_LENGTH",
      put: "",
    }, {
      name: "zeros-anywhere",
      breaks: "zeros are written where they gain nothing",
      symbol: "ZeroFill.constructor",
      find: "&& FILE_SYSTEMS.includes(fileSystem.name)",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/active_segment.ts",
    tests: ["tests/storage/log/zero_fill_test.ts", "tests/storage/log/active_segment_test.ts"],
    faults: [{
      name: "zeros-unsynced",
      breaks: "zeros ahead of a mapped segment's records are not synced with them",
      symbol: "ActiveSegment.#syncedByteLength",
      find: "Math.max(to, this.base + zerosTo) - from",
      put: "Math.max(to, zerosTo - zerosTo) - from",
    }, {
      name: "zeros-refused",
      breaks: "zeroFill: false does nothing",
      symbol: "ActiveSegment.constructor",
      find: "if (tuning.zeroFill) ",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/log/log_segment.ts",
    tests: ["tests/storage/log/active_segment_test.ts"],
    faults: [{
      name: "look-with-times",
      breaks: "an append asks for the times of its segment",
      symbol: "look",
      find: "directory.lookAt(path, WITHOUT_TIMES)",
      put: "directory.lookAt(path)",
    }],
  }),
  ...faultsOf({
    file: "storage/log/write_path.ts",
    tests: ["tests/storage/log/mapped_order_test.ts"],
    faults: [{
      name: "short-behind-long",
      breaks: "what comes close behind a long commit has pages made present",
      symbol: "MappedPath.#isPositioned",
      find: "end + BULK_BYTE_LENGTH",
      put: "end",
    }],
  }),
  ...faultsOf({
    file: "storage/log/flusher.ts",
    tests: ["tests/storage/log/segment_naming_test.ts"],
    faults: [{
      name: "zeros-over-committed",
      breaks: "zeros are written over what was committed while a flush waited for a name",
      symbol: "Flusher.#rangeTo",
      find: "written: this.#log.committedPosition",
      put: "written: to",
    }],
  }),
  ...faultsOf({
    file: "storage/log/flusher.ts",
    tests: ["tests/storage/log/inline_sync_test.ts"],
    faults: [{
      name: "told-apart",
      breaks: "who was told by a sync and who waits for the next one never share one",
      symbol: "Flusher.#run",
      find: "if (this.#isBehind) await this.#parts.environment.timers.pause();",
      put: "",
    }, {
      name: "here-failure",
      breaks: "a sync that failed here counts",
      symbol: "Flusher.#flushHere",
      find: "if (this.#take(segment, target, synced)) this.#tell();",
      put: "this.#take(segment, target, 0);\n      this.#tell();\n      void synced;",
    }],
  }),
];
