/**
 * Faults of what messages show: texts from the disk that nobody can print, or that are no end.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const tests = ["tests/adapters/hostile_names_test.ts"];

/** Faults. */
export const MESSAGES_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/argument_errors.ts",
    tests,
    faults: [{
      name: "message-argument",
      breaks: "what was handed in goes into a message with characters that turn its direction",
      symbol: "showText",
      find: "return quotePath(",
      put: "return JSON.stringify(",
    }, {
      name: "message-queue",
      breaks: "a topic goes into a message as it is on the disk",
      symbol: "queueName",
      find: "quotePath(topic)",
      put: "topic",
    }],
  }),
  ...faultsOf({
    file: "adapters/checkpoint/payload.ts",
    tests,
    faults: [{
      name: "message-state",
      breaks: "a state that cannot be parsed goes into a message as it is in the record",
      symbol: "reasonOf",
      find: "showArgument(String(error))",
      put: "String(error)",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/group_progress.ts",
    tests,
    faults: [{
      name: "message-commit",
      breaks: "the topic of a message that cannot be done goes into a message as it is",
      symbol: "GroupProgress.#refusal",
      find: "${queueName(topic, queueId)}",
      put: "queue ${queueId} of ${topic}",
    }],
  }),
  ...faultsOf({
    file: "storage/directory/lock_text.ts",
    tests: ["tests/storage/life/lock_holder_test.ts"],
    faults: [{
      name: "lock-moment",
      breaks: "a holder's moment that no calendar has is no error of code LOCKED",
      symbol: "isMoment",
      find: "&& Number(since) <= LAST_MOMENT_MS",
      put: "",
    }, {
      name: "lock-runtime",
      breaks: "a holder's runtime goes into a message as it is in the file",
      symbol: "isRuntime",
      find: "&& RUNTIME.test(runtime)",
      put: "",
    }],
  }),
];
