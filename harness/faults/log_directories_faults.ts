/**
 * Faults of logs that lie in directories of their own: where, whose, and who writes them.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const LOG_DIRECTORIES_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/directory/open_root.ts",
    tests: ["tests/storage/life/log_places_test.ts"],
    faults: [{
      name: "home-owner",
      breaks: "log directories that root makes stay root's in the store of another user",
      symbol: "makeFolder",
      find: "if (!failed(made) && trust !== undefined) give",
      put: "if (failed(made) && trust !== undefined) give",
    }, {
      name: "home-above",
      breaks: "folders that are made above a log directory stay root's",
      symbol: "makeFolder",
      find: "makeFolder(libc, parent, trust);",
      put: "makeFolder(libc, parent);",
    }, {
      name: "home-made",
      breaks: "an empty log directory is made in the place of one that is not mounted",
      symbol: "openRoot",
      find: "options.create && !hadLogDirectories(root)",
      put: "options.create",
    }],
  }),
  ...faultsOf({
    file: "storage/directory/log_places.ts",
    tests: ["tests/storage/life/log_places_test.ts"],
    faults: [{
      name: "home-kept",
      breaks: "segments are put among the groups' progress, the queues or the index",
      symbol: "refuseLogPlaces",
      find: 'below === "" || KEPT_NAMES.includes(below.split("/")[0])',
      put: 'below === ""',
    }, {
      name: "home-linked",
      breaks: "a link leads segments into the store's own folders, or into another store's root",
      symbol: "refuseOtherLog",
      find: "if (kept.includes(ids[index]) || home.status(META_FILE) !== undefined) {",
      put: "if (kept.length === 0) {",
    }],
  }),
  ...faultsOf({
    file: "storage/directory/writer_lock.ts",
    tests: ["tests/storage/life/log_lock_test.ts"],
    faults: [{
      name: "lock-log",
      breaks: "a store is written while another root writes its log",
      symbol: "takeWriterLock",
      find: "if (directory.logHomes.length === 0) {",
      put: "if (directory.logHomes.length < 0) {",
    }, {
      name: "lock-beside",
      breaks:
        "a log directory is written while the store that it belongs to, or a broker, writes it",
      symbol: "takeBeside",
      find: 'if (failed(beside) || beside.kind !== "file") return undefined;',
      put: "if (failed(beside) || beside.byteLength >= 0) return undefined;",
    }, {
      name: "lock-late",
      breaks: "a store that is opened in the moment between two locks is overlooked",
      symbol: "takeWriterLock",
      find: "if (!isBeside) keep",
      put: "if (!isBeside && locks.length < 0) keep",
    }, {
      name: "lock-asks",
      breaks: "the lock beside a log directory is taken without asking the runtime",
      symbol: "takeBeside",
      find: "refuseUnpermitted(libc.denied.bind(libc), { path, write: true });",
      put: "",
    }],
  }),
];
