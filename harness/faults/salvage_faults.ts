/**
 * Faults of a rescue where something is lost.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const TESTS = ["tests/cli/salvage_lost_test.ts"];

/** Faults. */
export const SALVAGE_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "cli/salvage_transactions.ts",
    tests: TESTS,
    faults: [{
      name: "half-over",
      breaks: "a rescued broker asks for transactions that are over",
      symbol: "SalvagedTransactions.learn",
      find: "this.#over.add(name)",
      put: "name",
    }, {
      name: "half-committed",
      breaks: "a rescue whose record of the end is damaged asks for what is committed",
      symbol: "namesIn",
      find: "!== FLAG_TRANSACTION_COMMIT",
      put: "!== -1",
    }, {
      name: "half-others",
      breaks: "a half message that a broker has stored again outlives its transaction",
      symbol: "SalvagedTransactions.rest",
      find: "names.forEach((name) => this.#over.add(name));",
      put: "continue;",
    }, {
      name: "half-again",
      breaks: "a rescued broker asks twice for a transaction",
      symbol: "SalvagedTransactions.rest",
      find: "last.get(half.transaction) === half",
      put: "last.has(half.transaction)",
    }],
  }),
  ...faultsOf({
    file: "cli/salvage_messages.ts",
    tests: TESTS,
    faults: [{
      name: "half-properties",
      breaks: "a broker cannot ask for a transaction that was rescued",
      symbol: "SalvagedMessages.#keptProperties",
      find: "if (topic === HALF_TOPIC) halfProperties(kept);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "cli/salvage_geometry.ts",
    tests: TESTS,
    faults: [{
      name: "salvage-cut",
      breaks: "a rescue takes the length of a file that was cut",
      symbol: "segmentsTold",
      find: "longest % STEP_BYTE_LENGTH === 0 &&",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "cli/salvage.ts",
    tests: TESTS,
    faults: [{
      name: "salvage-too-long",
      breaks: "one message that is too long ends a rescue",
      symbol: "Salvage.#append",
      find: 'if (!StoreError.is(error, "MESSAGE_TOO_LARGE")) throw error;',
      put: "throw error;",
    }],
  }),
  ...faultsOf({
    file: "cli/salvage_missing.ts",
    tests: TESTS,
    faults: [{
      name: "salvage-known",
      breaks: "a rescue is silent about messages that only queues know",
      symbol: "KnownMessages.countIn",
      find: "count += countEntries(queue, end, lost, batch)",
      put: "count = 0",
    }, {
      name: "salvage-unread",
      breaks: "queues that a rescue cannot read know of nothing",
      symbol: "KnownMessages.unreadQueueCount",
      find: "damage !== undefined",
      put: 'damage === ""',
    }, {
      name: "salvage-snapshot",
      breaks: "a rescue is silent about messages that only the snapshot knows",
      symbol: "KnownMessages.#countUnlisted",
      find: "if (isLight(topic)) continue;",
      put: "if (topic !== undefined) continue;",
    }],
  }),
  ...faultsOf({
    file: "cli/salvage_command.ts",
    tests: TESTS,
    faults: [{
      name: "salvage-lost-exit",
      breaks: "a rescue that has lost the end of the log exits 0",
      symbol: "addSalvage",
      find: "hasLost(report)",
      put: "report.skipped.length > 0",
    }],
  }),
];
