/**
 * Faults of what a group sends back: its bytes, its place in the log, what is known of it.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Tests of what a consumer does. */
export const CONSUMING: readonly string[] = [
  "tests/adapters/consume/consume_test.ts",
  "tests/adapters/consume/sent_back_test.ts",
];
/** Tests of what becomes of it when it dies. */
export const CRASHES: readonly string[] = [
  "tests/adapters/consume/sent_back_test.ts",
  "tests/adapters/consume/consume_crash_test.ts",
];
const LAYOUT = ["tests/storage/layout/sent_back_test.ts"];

/** Faults. */
export const RETRY_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/layout/sent_back.ts",
    tests: LAYOUT,
    faults: [{
      name: "back-cause-cut",
      breaks: "a cause that does not fit is left out whole",
      symbol: "prepareSentBackCopy",
      find: 'return rest === "" ?',
      put: 'return rest !== "" ?',
    }, {
      name: "back-cause-room",
      breaks: "the name of a cause is forgotten in the room for it",
      symbol: "CAUSE_BYTE_LENGTH_MORE",
      find: "CAUSE_NAME.length + 2",
      put: "2",
    }, {
      name: "back-distance",
      breaks: "offsets are read as if each distance were from the first",
      symbol: "parseSentBack",
      find: "last += distance",
      put: "Number(base) + distance",
    }, {
      name: "back-base-itself",
      breaks: "the first offset cannot be told",
      symbol: "parseSentBack",
      find: "(distance === 0 && offsets.length > 0)",
      put: "distance === 0",
    }, {
      name: "back-repeated",
      breaks: "an offset that is told twice is taken",
      symbol: "parseSentBack",
      find: "|| (distance === 0 && offsets.length > 0)",
      put: "",
    }, {
      name: "back-overflow",
      breaks: "offsets that no number holds are taken",
      symbol: "parseSentBack",
      find: "!isUnsigned(last + distance) || ",
      put: "",
    }, {
      name: "back-base-overflow",
      breaks: "a base that no number holds is taken",
      symbol: "parseSentBack",
      find: "|| !isUnsigned(Number(base))",
      put: "",
    }, {
      name: "back-text-end",
      breaks: "a text that goes on behind what is known is taken",
      symbol: "TEXT",
      find: "*))?$/",
      put: "*))?/",
    }, {
      name: "back-told",
      breaks: "distances are told from the base",
      symbol: "formatOffsets",
      find: "offsets[index - 1] ?? base",
      put: "base",
    }, {
      name: "back-origin-topic",
      breaks: "a copy of a copy says that it came from %RETRY%",
      symbol: "prepareCopyWith",
      find: "if (!properties.has(RETRY_TOPIC_NAME)) ",
      put: "",
    }, {
      name: "back-origin-id",
      breaks: "a copy of a copy has the id of the first copy",
      symbol: "prepareCopyWith",
      find: "!properties.has(ORIGIN_ID_NAME)",
      put: "true",
    }, {
      name: "back-control",
      breaks: "a cause breaks the properties, or the terminal of a reader",
      symbol: "prepareSentBackCopy",
      find: '.replace(CONTROL, " ")',
      put: "",
    }, {
      name: "back-cause-length",
      breaks: "a cause fills the properties",
      symbol: "prepareSentBackCopy",
      find: ".slice(0, CAUSE_LENGTH_MAX)",
      put: "",
    }, {
      name: "back-cause-last",
      breaks: "a message with long properties is not sent back",
      symbol: "prepareSentBackCopy",
      find: 'if (!StoreError.is(error, "MESSAGE_TOO_LARGE")) ',
      put: "",
    }, {
      name: "back-reserved",
      breaks: "a copy carries on what has a meaning for its record alone",
      symbol: "prepareCopyWith",
      find: "if (isReservedProperty(name)) properties.delete(name);",
      put: "",
    }, {
      name: "back-body",
      breaks: "a copy has the body that the handler changes",
      symbol: "prepareCopyWith",
      find: "stored.body.slice()",
      put: "stored.body",
    }, {
      name: "back-flags",
      breaks: "a copy has flags of a record that it is not",
      symbol: "prepareCopyWith",
      find: "? stored.sysFlag & (FLAG_COMPRESSED | FLAG_COMPRESSION_MASK)",
      put: "? stored.sysFlag",
    }, {
      name: "back-times",
      breaks: "a copy does not say how often it was sent back",
      symbol: "prepareCopyWith",
      find: "sysFlag, reconsumeTimes }",
      put: "sysFlag, reconsumeTimes: reconsumeTimes - 1 }",
    }, {
      name: "back-delay",
      breaks: "a message is tried again at once",
      symbol: "prepareCopyWith",
      find: "properties, delayMs };",
      put: "properties };",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/message_id.ts",
    tests: ["tests/storage/layout/message_id_test.ts"],
    faults: [{
      name: "id-zeros",
      breaks: "an IPv6 host has its zeros in the wrong place",
      symbol: "addressDigits",
      find: "[...before, ...zeros, ...after]",
      put: "[...before, ...after, ...zeros]",
    }, {
      name: "id-port",
      breaks: "a port that is stored as negative spoils the id",
      symbol: "messageId",
      find: "(Number(port) >>> 0)",
      put: "Number(port)",
    }, {
      name: "id-case",
      breaks: "an id is not what RocketMQ looks for",
      symbol: "messageId",
      find: ".toUpperCase()",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/store_writer.ts",
    tests: CRASHES,
    faults: [{
      name: "back-apart",
      breaks: "a copy is there without the record that tells of it",
      symbol: "StoreWriter.sendBack",
      find: 'prepared, "flushed", true',
      put: 'prepared, "flushed", false',
      also: [{
        file: "storage/life/message_intake.ts",
        symbol: "takeSentBack",
        find: "count > 1 ? { index, count } : undefined",
        put: "undefined",
      }],
    }, {
      name: "back-record-first",
      breaks: "the record that tells of a copy is there without it",
      symbol: "StoreWriter.sendBack",
      find: 'prepared, "flushed", true',
      put: 'prepared.toReversed(), "flushed", false',
      also: [{
        file: "storage/life/message_intake.ts",
        symbol: "takeSentBack",
        find: "count > 1 ? { index, count } : undefined",
        put: "undefined",
      }],
    }, {
      name: "back-committed",
      breaks: "progress passes a message whose copy a power cut takes",
      symbol: "StoreWriter.sendBack",
      find: 'prepared, "flushed", true',
      put: 'prepared, "committed", true',
    }],
  }),
  ...faultsOf({
    file: "storage/life/message_intake.ts",
    tests: CRASHES,
    faults: [{
      name: "back-untold",
      breaks: "nothing tells of a copy",
      symbol: "takeSentBack",
      find: "prepareSentBack(told, now, placeOf(count - 1)),",
      put: "",
      also: [{
        file: "storage/life/message_intake.ts",
        symbol: "takeSentBack",
        find: "copies.length + 1",
        put: "copies.length",
      }],
    }],
  }),
  ...faultsOf({
    file: "storage/life/message_intake.ts",
    tests: ["tests/adapters/consume/sent_back_test.ts"],
    faults: [{
      name: "back-long-body",
      breaks: "a store holds a copy with a longer body than it may",
      symbol: "takeSentBack",
      find: "for (const message of prepared) refuseTooLarge(message, geometry);",
      put: "",
    }, {
      name: "back-long-batch",
      breaks: "a copy that fits into no segment ends the store",
      symbol: "takeSentBack",
      find:
        'refuseLong("batch", prepared.reduce((sum, { byteLength }) => sum + byteLength, 0), geometry);',
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/open_writer.ts",
    tests: ["tests/simulation/history/group_regressions_test.ts"],
    faults: [{
      name: "config-found",
      breaks: "a power cut takes progress that a killed writer had only replaced",
      symbol: "syncGroupFiles",
      find: "if (!next.hasOffsets && !next.hasLmqOffsets) return;",
      put: "if (next !== undefined) return;",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/sent_back.ts",
    tests: CRASHES,
    faults: [{
      name: "consume-again",
      breaks: "what was sent back is handled again after a kill",
      symbol: "SentBack.has",
      find: "this.#offsets.includes(offset)",
      put: "this.#offsets.includes(offset) && false",
    }, {
      name: "consume-moved",
      breaks: "what was sent back is passed over where the group was moved back",
      symbol: "SentBack.load",
      find: "told === undefined || start < told.base",
      put: "told === undefined",
    }, {
      name: "consume-forgets",
      breaks: "offsets are forgotten that progress has not passed",
      symbol: "SentBack.#forget",
      find: "this.#offsets.filter((offset) => offset >= this.#base)",
      put: "[]",
    }, {
      name: "consume-side-by-side",
      breaks: "of what is sent back at the same time one forgets the other",
      symbol: "SentBack.#inTurn",
      find: "this.#turn.then(work)",
      put: "work()",
    }, {
      name: "consume-unsorted",
      breaks: "what was sent back out of order is not told",
      symbol: "SentBack.send",
      find: ".sort((a, b) => a - b)",
      put: "",
    }, {
      name: "consume-all-told",
      breaks: "all that was ever sent back is told, more than properties hold",
      symbol: "SentBack.send",
      find: "if (this.#offsets.length >= OFFSET_COUNT) await this.#forget();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/sent_back.ts",
    tests: CONSUMING,
    faults: [{
      name: "consume-told-on",
      breaks: "what is behind progress is told on, and passed over where the group is moved back",
      symbol: "SentBack.end",
      find: "await this.#append([], this.#offsets);",
      put: "",
    }],
  }),
];
