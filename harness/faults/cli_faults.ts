/**
 * Faults of the command line.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const CLI_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "cli/arguments.ts",
    tests: ["tests/cli/units_test.ts"],
    faults: [{
      name: "number-most",
      breaks: "the largest number is refused",
      symbol: "wholeNumber",
      find: "value <= most",
      put: "value < most",
    }, {
      name: "number-least",
      breaks: "the smallest number is refused",
      symbol: "wholeNumber",
      find: "value >= least",
      put: "value > least",
    }],
  }),
  ...faultsOf({
    file: "cli/cat_command.ts",
    tests: ["tests/cli/read_test.ts"],
    faults: [{
      name: "cat-limit",
      breaks: "--limit prints one more",
      symbol: "printTopic",
      find: "group, limit, follow,",
      put: "group, limit: limit === undefined ? limit : limit + 1, follow,",
    }, {
      name: "tail-count",
      breaks: "tail begins with eleven",
      symbol: "TAIL_COUNT",
      find: "const TAIL_COUNT = 10;",
      put: "const TAIL_COUNT = 11;",
    }, {
      name: "group-rest",
      breaks: "the last messages that a group printed are printed again",
      symbol: "printAll",
      find: "for (const last of printed.values()) core.done(last);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "cli/append_command.ts",
    tests: ["tests/cli/write_test.ts"],
    faults: [{
      name: "append-rest",
      breaks: "a last line without a line feed is lost",
      symbol: "Appending.#readAll",
      find: "if (last !== undefined) await this.#take(last);",
      put: "",
    }, {
      name: "append-total",
      breaks: "the count of bytes is wrong",
      symbol: "Appending.#land",
      find: "this.#byteLength += byteLength - OVERHEAD_BYTE_LENGTH;",
      put: "this.#byteLength += byteLength;",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/topic_reader.ts",
    tests: ["tests/cli/read_test.ts"],
    faults: [{
      name: "where-last",
      breaks: "-N begins one message too early",
      symbol: "startOffset",
      find: "queue.endOffset - start.last",
      put: "queue.endOffset - start.last - 1",
    }],
  }),
  ...faultsOf({
    file: "cli/where.ts",
    tests: ["tests/cli/units_test.ts"],
    faults: [{
      name: "where-seconds",
      breaks: "a time in seconds is one in milliseconds",
      symbol: "timeOf",
      find: 'digits[2] === "s" ? 1000 : 1',
      put: 'digits[2] === "s" ? 1 : 1',
    }],
  }),
  ...faultsOf({
    file: "cli/groups_command.ts",
    tests: ["tests/cli/groups_reset_test.ts"],
    faults: [{
      name: "groups-reset",
      breaks: "an offset beyond the end of a queue is taken for the end",
      symbol: "placesIn",
      find: "if (offset <= endOffset)",
      put: "if (offset <= endOffset + 1000)",
    }],
  }),
  ...faultsOf({
    file: "cli/open_store.ts",
    tests: ["tests/cli/groups_test.ts"],
    faults: [{
      name: "groups-broker",
      breaks: "a group is read as beside a broker, and set by a later writer",
      symbol: "betweenWriters",
      find: 'if (hindrance.reason === "broker") throw notTakenOver(context, action, hindrance);',
      put: "",
    }],
  }),
  ...faultsOf({
    file: "cli/new_messages.ts",
    tests: ["tests/cli/new_messages_test.ts"],
    faults: [{
      name: "append-new-queue",
      breaks: "a queue just behind those of a topic is made unasked",
      symbol: "refuseNewQueue",
      find: "queueId < count",
      put: "queueId <= count",
    }],
  }),
  ...faultsOf({
    file: "cli/delivery_count.ts",
    tests: ["tests/cli/delay_test.ts"],
    faults: [{
      name: "delivered-own",
      breaks: "what append has appended itself counts as delivered",
      symbol: "DeliveryCount.leaveOut",
      find: "if (isOfUsers(topic)) this.#count -= count;",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/record_splitter.ts",
    tests: ["tests/cli/units_test.ts"],
    faults: [{
      name: "split-delimiter",
      breaks: "a delimiter that came in two pieces is not seen",
      symbol: "RecordSplitter.push",
      find: "this.#rest.length - this.#delimiter.length + 1",
      put: "this.#rest.length",
    }],
  }),
  ...faultsOf({
    file: "cli/program.ts",
    tests: ["tests/cli/failures_test.ts"],
    faults: [{
      name: "failure-words",
      breaks: "an error shows the names of a call and of its failure, and no words",
      symbol: "endWith",
      find: "printable(failureText(error))",
      put: "printable((error as Error).message)",
    }],
  }),
  ...faultsOf({
    file: "cli/open_store.ts",
    tests: ["tests/cli/failures_test.ts"],
    faults: [{
      name: "no-store",
      breaks: "a directory without a store is opened as an empty one",
      symbol: "refuseNoStore",
      find: "if (hasStore(context)) return;",
      put: 'if (kind === "directory") return;',
    }],
  }),
  ...faultsOf({
    file: "cli/append_command.ts",
    tests: ["tests/cli/failures_test.ts"],
    faults: [{
      name: "append-folder",
      breaks: "a directory as standard input is an input without lines",
      symbol: "inputByteLength",
      find: "if (status.isDirectory())",
      put: "if (status.isFIFO() && status.isDirectory())",
    }],
  }),
  ...faultsOf({
    file: "cli/table.ts",
    tests: ["tests/cli/table_test.ts"],
    faults: [{
      name: "table-numbers",
      breaks: "numbers of a table are cut as words are",
      symbol: "shrink",
      find: "right.includes(column) ? [] : [column]",
      put: "[column]",
    }, {
      name: "table-spare",
      breaks: "no column is left out of a table that is too wide",
      symbol: "leaveOut",
      find: "if (fits()) break;",
      put: "if (width > 0) break;",
    }, {
      name: "table-width",
      breaks: "an ideograph counts as one column",
      symbol: "widthOf",
      find: "return truncatedWidth(text).width;",
      put: "return text.length;",
    }],
  }),
  ...faultsOf({
    file: "cli/fold.ts",
    tests: ["tests/cli/table_test.ts"],
    faults: [{
      name: "fold-names",
      breaks: "what differs in a name is said for each",
      symbol: "likenessOf",
      find: '.replace(/\\d+/g, "0")',
      put: "",
    }],
  }),
  ...faultsOf({
    file: "cli/doctor/broker_settings.ts",
    tests: ["tests/cli/doctor_broker_test.ts"],
    faults: [{
      name: "broker-default",
      breaks: "a broker is told a division that no file tells",
      symbol: "brokerSettings",
      find: "if (isOwn || isThere)",
      put: "if (isOwn || isThere || true)",
    }, {
      name: "broker-batch",
      breaks: "a broker is not told the length of files of batch queues",
      symbol: "otherLengths",
      find: "batch === undefined ? []",
      put: "batch !== null ? []",
    }, {
      name: "broker-body",
      breaks: "a broker is told to accept bodies that no segment holds",
      symbol: "bodyLimit",
      find: "Math.min(maxBodyByteLength, room)",
      put: "maxBodyByteLength",
    }],
  }),
];
