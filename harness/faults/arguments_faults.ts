/**
 * Faults of what is looked at before anything is done: arguments, options, the members of a
 * message.
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
      symbol: "foreignFault",
      find: "if (unknown === undefined) {",
      put: "if (own.every((key) => !isKnown(key)) || unknown !== null) {",
    }, {
      name: "arg-inherited",
      breaks: "what a class gives as an option is not looked at",
      symbol: "bagFault",
      find: "for (const key of names) {",
      put: "for (const key of Object.keys(value)) {",
    }, {
      name: "arg-inherited-unknown",
      breaks: "an option that there is not is ignored where a class says it",
      symbol: "foreignFault",
      find: "all.find((key) => !isKnown(key))",
      put: "own.find((key) => !isKnown(key))",
    }, {
      name: "arg-empty-class",
      breaks: "an instance of a class without options counts as none",
      symbol: "foreignFault",
      find: "if (!isOfClass || all.length > 0) return undefined;",
      put: "return undefined;",
    }, {
      name: "arg-order",
      breaks: "a range that ends before it starts gives nothing",
      symbol: "orderFault",
      find: "Number(least) <= Number(most)",
      put: "Number(most) >= 0",
    }, {
      name: "arg-left-out",
      breaks: "a checkpoint is saved without a state because a member was misspelt",
      symbol: "leftOutFault",
      find: "if (!isRequired || key in value) return undefined;",
      put: "if (key !== undefined) return undefined;",
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
      name: "arg-most",
      breaks: "numbers have no upper end",
      symbol: "wholeNumber",
      find: "value >= least && value <= most",
      put: "value >= least",
    }, {
      name: "arg-whole",
      breaks: "a multiple is any whole number",
      symbol: "wholeNumber",
      find: "Number.isSafeInteger(value) && value % multipleOf === 0",
      put: "Number.isSafeInteger(value)",
    }, {
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
      name: "arg-plain-class",
      breaks: "append: what a class says beside a durability is not looked at",
      symbol: "isPlain",
      find: "if (options?.constructor !== Object) return false;",
      put: "if (options === null) return false;",
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
      symbol: "MEANT",
      find: '"props", "headers"]',
      put: '"props"]',
    }, {
      name: "message-case",
      breaks: "a field with another case or a line in its name is lost without a word",
      symbol: "meantBy",
      find: 'name.toLowerCase().replace(/[_-]/g, "")',
      put: "name",
    }, {
      name: "message-inherited",
      breaks: "what a getter of a class says by a wrong name is lost without a word",
      symbol: "mistakenName",
      find: "message.constructor === Object ?",
      put: "message.constructor !== null ?",
    }, {
      name: "message-date",
      breaks: "a Date, a promise, what a class says: properties that are lost without a word",
      symbol: "namesOf",
      find: "if (hasOnlyPairs(properties)) return",
      put: "if (properties instanceof Object) return",
    }, {
      name: "message-map-member",
      breaks: "what is written onto a Map of properties is lost without a word",
      symbol: "takeOthers",
      find: "refuseNamed(properties);",
      put: "",
    }, {
      name: "message-checksum-form",
      breaks: "anything called __CRC32# makes a message one that was read",
      symbol: "isLeftOut",
      find: 'CHECKSUM.test(taken.get(RECORD_CRC_NAME) ?? "")',
      put: "taken.has(RECORD_CRC_NAME)",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/members.ts",
    tests: TESTS,
    faults: [{
      name: "members-symbols",
      breaks: "what stands under a symbol is ignored",
      symbol: "membersOf",
      find: "Reflect.ownKeys(thing)",
      put: "Object.getOwnPropertyNames(thing)",
    }, {
      name: "members-hidden",
      breaks: "options that an object does not show are ignored",
      symbol: "membersOf",
      find: "Reflect.ownKeys(thing)",
      put: "Object.keys(thing)",
    }, {
      name: "members-realm",
      breaks: "options of another realm are refused",
      symbol: "isRoot",
      find: '(parentOf(level) === null && Object.hasOwn(level, "isPrototypeOf"))',
      put: "false",
    }, {
      name: "members-module",
      breaks: "options of a module are refused",
      symbol: "isModuleTag",
      find: "return key === Symbol.toStringTag &&",
      put: "return key === Symbol.iterator &&",
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
    }, {
      name: "pipe-inherited",
      breaks: "what a chunk inherits is lost",
      symbol: "toMessage",
      find: "flag: own.flag, bornTimestamp: own.bornTimestamp,",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/arguments/stray_promise.ts",
    tests: ["tests/adapters/callbacks_test.ts"],
    faults: [{
      name: "stray-rejection",
      breaks: "a promise that was refused ends the process with what it rejects with",
      symbol: "dropPromise",
      find: "Promise.resolve(given).catch(() => undefined);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/read/lend_records.ts",
    tests: ["tests/adapters/callbacks_test.ts"],
    faults: [{
      name: "stray-borrow",
      breaks: "a borrower that gives a promise is lent records which it cannot read any more",
      symbol: "lendRun",
      find: "given !== undefined && dropPromise(given)",
      put: "given === null",
    }],
  }),
  ...faultsOf({
    file: "adapters/job/job.ts",
    tests: ["tests/adapters/callbacks_test.ts"],
    faults: [{
      name: "stray-state",
      breaks: "a job starts with a promise for a state",
      symbol: "initialStateOf",
      find: "if (!dropPromise(state)) return state;",
      put: "if (typeof state !== typeof name) return state;",
    }],
  }),
  ...faultsOf({
    file: "storage/life/store_writer.ts",
    tests: ["tests/storage/damage/limits_test.ts"],
    faults: [{
      name: "close-words",
      breaks: "a close that failed does not say that it was one, or of which store",
      symbol: "StoreWriter.#unclosed",
      find: 'if (!StoreError.is(error, "SYSTEM")) return error;',
      put: 'if (!StoreError.is(error, "SYSTEM") || error.code !== undefined) return error;',
    }],
  }),
  ...faultsOf({
    file: "ffi/errno.ts",
    tests: ["tests/ffi/errno_test.ts"],
    faults: [{
      name: "descriptors-words",
      breaks: "who has too many files open is not told what to do",
      symbol: "systemError",
      find: "remedy: REMEDIES.get(code)",
      put: "remedy: REMEDIES.get(syscall)",
    }],
  }),
];
