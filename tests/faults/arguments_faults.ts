/**
 * Faults of what is looked at before anything is done: arguments, options, the members of a message.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const TESTS = ["tests/storage/arguments"];

/** Faults. */
export const ARGUMENTS_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/arguments/check.ts",
    tests: TESTS,
    faults: [{
      name: "arg-unknown",
      breaks: "an option that there is not is ignored",
      symbol: "bagFault",
      find: "if (members[key] === undefined) return",
      put: "if (members[key] === null) return",
    }, {
      name: "arg-inherited",
      breaks: "what a class gives as an option is not looked at",
      symbol: "bagFault",
      find: "for (const key of names) {",
      put: "for (const key of Object.keys(value)) {",
    }, {
      name: "arg-most",
      breaks: "numbers have no upper end",
      symbol: "isInRange",
      find: "value >= least && value <= most",
      put: "value >= least",
    }, {
      name: "arg-whole",
      breaks: "a multiple is any whole number",
      symbol: "isInRange",
      find: "Number.isSafeInteger(value) && value % multipleOf === 0",
      put: "Number.isSafeInteger(value)",
    }, {
      name: "arg-required",
      breaks: "what must be there may be left out",
      symbol: "argumentFault",
      find: "value !== undefined || rule.isRequired ?",
      put: "value !== undefined ?",
    }, {
      name: "arg-fallback",
      breaks: "options have no defaults",
      symbol: "fillOptions",
      find: "given[name] ?? rules.members[name].fallback",
      put: "given[name]",
    }, {
      name: "arg-list",
      breaks: "only the list is looked at, not what is in it",
      symbol: "listFault",
      find: "if (fault !== undefined) return fault;",
      put: "if (fault === null) return fault;",
    }],
  }),
  ...faultsOf({
    file: "storage/arguments/rules.ts",
    tests: TESTS,
    faults: [{
      name: "arg-signal",
      breaks: "anything with a word `aborted` is a signal",
      symbol: "signal",
      find: 'typeof aborted === "boolean" && typeof addEventListener === "function" &&',
      put: 'typeof aborted === "boolean" ||',
    }],
  }),
  ...faultsOf({
    file: "storage/store.ts",
    tests: TESTS,
    faults: [{
      name: "arg-plain",
      breaks: "append: every option passes by the table",
      symbol: "isPlain",
      find: 'if (name !== "durability") return false;',
      put: 'if (name === "") return false;',
    }, {
      name: "arg-flushed",
      breaks: "append: a misspelt durability settles without a sync",
      symbol: "isPlain",
      find: '(durability === "flushed" || durability === "committed")',
      put: 'typeof durability === "string"',
    }],
  }),
  ...faultsOf({
    file: "storage/layout/message_input.ts",
    tests: ["tests/storage/layout/properties_test.ts"],
    faults: [{
      name: "message-headers",
      breaks: "headers of a message are lost without a word",
      symbol: "mistakenName",
      find: "message.property === undefined && message.headers === undefined",
      put: "message.property === undefined",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/sink_options.ts",
    tests: ["tests/adapters/pipe_test.ts"],
    faults: [{
      name: "pipe-stored",
      breaks: "a message that was read is no chunk of a sink",
      symbol: "isStored",
      find: '?.position === "number"',
      put: '?.position === "bigint"',
    }, {
      name: "pipe-born",
      breaks: "a copy is born when it is copied",
      symbol: "contentOf",
      find: "properties, flag, bornTimestamp, sysFlag };",
      put: "properties, flag, sysFlag };",
    }],
  }),
  ...faultsOf({
    file: "storage/topic/topic_reader.ts",
    tests: ["tests/adapters/arguments_test.ts"],
    faults: [{
      name: "arg-chosen",
      breaks: "a start that a function chose is not looked at",
      symbol: "TopicReader.#start",
      find: 'checkArgument("start reading", "from", START, start);',
      put: "",
    }],
  }),
];
