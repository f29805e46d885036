/**
 * Faults of commands that write: what they are refused for, and what they say.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const TESTS = ["tests/cli/refused_test.ts"];

/** Faults. */
export const REFUSED_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "cli/open_store.ts",
    tests: TESTS,
    faults: [{
      name: "refused-first",
      breaks: "a command that is refused has delivered what was due",
      symbol: "lookFirst",
      find: "await look(store);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "cli/append_command.ts",
    tests: TESTS,
    faults: [{
      name: "refused-queue",
      breaks: "a queue that is not there is refused once the store is open",
      symbol: "addAppend",
      find: "refuseNewQueue(queueCounts, { topic, queueId: options.queue });",
      put: "",
    }, {
      name: "append-topics",
      breaks: "append names its argument for messages that went elsewhere",
      symbol: "Appending.#take",
      find: "this.#topics.add(message.topic);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "cli/delivery_count.ts",
    tests: TESTS,
    faults: [{
      name: "delivered-silent",
      breaks: "a command delivers without a word",
      symbol: "tellingDeliveries",
      find: "if (count > 0)",
      put: "if (count < 0)",
    }],
  }),
  ...faultsOf({
    file: "cli/sent_back_commands.ts",
    tests: ["tests/cli/sent_back_test.ts"],
    faults: [{
      name: "delivered-replayed",
      breaks: "what is replayed counts as delivered",
      symbol: "settleThem",
      find: "if (replay) delivered.leaveOut",
      put: "if (count < 0) delivered.leaveOut",
    }],
  }),
  ...faultsOf({
    file: "cli/groups_command.ts",
    tests: TESTS,
    faults: [{
      name: "groups-unknown",
      breaks: "progress that cannot be read is none",
      symbol: "isAllKnown",
      find: "return new ConsumerOffsets(files, { environment, note: () => {} }).isWhole;",
      put: "return files !== undefined;",
    }, {
      name: "groups-time",
      breaks: "who gives a time as mqadmin takes it is not told how it is said",
      symbol: "timeInstead",
      find: "looksLikeTime(offset)",
      put: "looksLikeTime(-offset)",
    }],
  }),
  ...faultsOf({
    file: "cli/program.ts",
    tests: TESTS,
    faults: [{
      name: "exit-elsewhere",
      breaks: "a log that is not there is damage for verify alone",
      symbol: "isDamage",
      find: "error.path === LOG_FOLDER",
      put: 'error.path === ""',
    }],
  }),
  ...faultsOf({
    file: "cli/verify_command.ts",
    tests: TESTS,
    faults: [{
      name: "verify-words",
      breaks: "verify says what to do in words of the library",
      symbol: "findingText",
      find: "printable(inCommandWords(text))",
      put: "printable(text)",
    }],
  }),
  ...faultsOf({
    file: "cli/doctor/broker_settings.ts",
    tests: ["tests/cli/doctor_broker_test.ts"],
    faults: [{
      name: "doctor-cut",
      breaks: "doctor has a broker told the length of a segment that was cut",
      symbol: "mayBeCut",
      find: "segmentCount === 1",
      put: "segmentCount === 0",
    }],
  }),
];
