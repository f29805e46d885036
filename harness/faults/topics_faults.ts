/**
 * Faults of typed topics.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const TOPICS_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "adapters/topic/values.ts",
    tests: ["tests/adapters/topic/topic_test.ts", "tests/adapters/topic/reading_test.ts"],
    faults: [{
      name: "value-unchecked",
      breaks: "a value that does not fit is written",
      symbol: "Values.encode",
      find: "if (result?.issues !== undefined) refuse(schemaFault(result.issues));",
      put: "",
    }, {
      name: "value-unchecked-late",
      breaks: "a value is written that a schema refuses after a while",
      symbol: "Values.encode",
      find: "if (issues !== undefined) refuse(schemaFault(issues));",
      put: "",
    }, {
      name: "value-index",
      breaks: "a batch does not tell which of its values is refused",
      symbol: "Values.encode",
      find: "valueRefused(this.#topic, index, fault)",
      put: "valueRefused(this.#topic, undefined, fault)",
    }, {
      name: "value-unread",
      breaks: "a stored value that does not fit is handed out",
      symbol: "fitting",
      find: "if (result.issues === undefined)",
      put: "if (true as boolean)",
    }, {
      name: "value-content-type",
      breaks: "what says that it is something else is decoded all the same",
      symbol: "Values.#unreadable",
      find: "if (told !== undefined && told !== this.contentType)",
      put: "if (false as boolean)",
    }, {
      name: "value-foreign",
      breaks: "what no typed topic has written is not decoded",
      symbol: "Values.#unreadable",
      find: "if (told !== undefined && told !== this.contentType)",
      put: "if (told !== this.contentType)",
    }, {
      name: "value-compressed",
      breaks: "a body that is still compressed is decoded",
      symbol: "Values.#unreadable",
      find: "if ((sysFlag & FLAG_COMPRESSED) !== 0)",
      put: "if (false as boolean)",
    }, {
      name: "value-batch",
      breaks: "a batch of RocketMQ's is decoded as one value",
      symbol: "Values.#unreadable",
      find: "if ((sysFlag & FLAG_INNER_BATCH) !== 0)",
      put: "if (false as boolean)",
    }],
  }),
  ...faultsOf({
    file: "adapters/topic/codec.ts",
    tests: ["tests/adapters/topic/codec_test.ts"],
    faults: [{
      name: "codec-json-none",
      breaks: "what has no JSON is refused as a mistake of the codec's, not of the value",
      symbol: "toJson",
      find: "if (text === undefined)",
      put: "if (false as boolean)",
    }, {
      name: "codec-surrogate",
      breaks: "a text with a lone surrogate is no value that does not fit",
      symbol: "checkedText",
      find: "if (!value.isWellFormed())",
      put: "if (false as boolean)",
    }, {
      name: "codec-utf8",
      breaks: "bytes that are no UTF-8 are read as another text",
      symbol: "decodeText",
      find: "if (text.includes(REPLACEMENT)) strictDecoder.decode(bytes);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/topic/topic.ts",
    tests: ["tests/adapters/topic/order_test.ts"],
    faults: [{
      name: "topic-order",
      breaks: "an append whose value fits at once overtakes one whose schema takes its time",
      symbol: "StoreTopic.append",
      find: "if (fits === undefined && this.#order.isFree)",
      put: "if (fits === undefined)",
    }, {
      name: "topic-order-all",
      breaks: "a batch overtakes an append whose schema takes its time",
      symbol: "StoreTopic.appendAll",
      find: "if (waits.length === 0 && this.#order.isFree)",
      put: "if (waits.length === 0)",
    }, {
      name: "topic-kept",
      breaks: "bytes that are used again while the schema takes its time are stored",
      symbol: "StoreTopic.append",
      find: "const taken = takeMessage(message);",
      put: "const taken = message;",
    }, {
      name: "topic-unwaited",
      breaks: "an append does not wait for its schema",
      symbol: "StoreTopic.append",
      find: "this.#inTurn(fits, signal, () => append(taken))",
      put: "this.#inTurn(undefined, signal, () => append(taken))",
    }, {
      name: "topic-signal",
      breaks: "a schema that never answers holds up all appends behind it",
      symbol: "StoreTopic.#inTurn",
      find: "fits && abortable(fits, signal)",
      put: "fits",
    }],
  }),
  ...faultsOf({
    file: "adapters/topic/topic.ts",
    tests: ["tests/adapters/topic/topic_test.ts"],
    faults: [{
      name: "topic-batch-first",
      breaks: "a batch is written of which one value does not fit",
      symbol: "StoreTopic.appendAll",
      find: "Promise.all(waits)",
      put: "Promise.all(waits.slice(0, 1))",
    }, {
      name: "topic-message",
      breaks: "a message is made of a value that does not fit",
      symbol: "StoreTopic.message",
      find: "const { body, fits } = this.#values.encode(value);",
      put: 'const { body, fits } = { body: "", fits: undefined as Promise<void> | undefined };',
    }],
  }),
  ...faultsOf({
    file: "adapters/topic/topic_message.ts",
    tests: ["tests/adapters/topic/topic_test.ts"],
    faults: [{
      name: "topic-properties",
      breaks: "a content type that was handed in hides that of the topic",
      symbol: "messageOf",
      find: "{ ...pairsOf(properties), ...own }",
      put: "{ ...own, ...pairsOf(properties) }",
    }],
  }),
  ...faultsOf({
    file: "adapters/topic/call_order.ts",
    tests: ["tests/adapters/topic/order_test.ts"],
    faults: [{
      name: "order-refused",
      breaks: "calls behind one that is refused overtake those before it",
      symbol: "CallOrder.run",
      find: "before.then(() => ready)",
      put: "(ready ?? before)",
    }, {
      name: "order-settled",
      breaks: "an append waits until the one before it is durable",
      symbol: "CallOrder.run",
      find: ".then(() => ({ work: act() }))",
      put: ".then(act).then((done) => ({ work: Promise.resolve(done) }))",
    }, {
      name: "order-kept",
      breaks: "after one slow value all appends wait for a turn",
      symbol: "CallOrder.#end",
      find: "if (this.#last === ended)",
      put: "if (false as boolean)",
    }],
  }),
  ...faultsOf({
    file: "adapters/topic/skipping.ts",
    tests: ["tests/adapters/topic/reading_test.ts"],
    faults: [{
      name: "skip-uncounted",
      breaks: "what is skipped is not counted",
      symbol: "Opener.#skip",
      find: "this.#skippedCount++;",
      put: "",
    }, {
      name: "skip-unasked",
      breaks: "what does not fit is skipped where it is to be thrown",
      symbol: "Opener.#skip",
      find: 'this.#fate !== "skip" ||',
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/topic/skipping.ts",
    tests: ["tests/adapters/topic/topic_test.ts"],
    faults: [{
      name: "skip-broken",
      breaks: "messages are skipped because the schema itself has failed",
      symbol: "Opener.#skip",
      find: '|| !StoreError.is(error, "INVALID_VALUE")',
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/topic/typed_feed.ts",
    tests: ["tests/adapters/topic/reading_test.ts"],
    faults: [{
      name: "feed-thrown",
      breaks: "a source whose value does not fit keeps its group",
      symbol: "TypedFeed.ready",
      find: "return this.#begin(Promise.reject(error));",
      put: "throw error;",
    }, {
      name: "feed-unheard",
      breaks: "a value that does not fit ends the process while the batch before it is worked on",
      symbol: "TypedFeed.#begin",
      find: "dropPromise(opened);",
      put: "",
    }, {
      name: "feed-passed",
      breaks: "what is skipped counts against the limit, and its group is not given back",
      symbol: "TypedFeed.#orPass",
      find: "if (opened === undefined) this.core.pass(message);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/group_progress.ts",
    tests: ["tests/adapters/topic/reading_test.ts"],
    faults: [{
      name: "group-passed",
      breaks: "a queue waits for a message to be done that was passed over",
      symbol: "GroupProgress.pass",
      find: "held.awaited = held.awaitedBefore;",
      put: "",
    }, {
      name: "group-passed-early",
      breaks: "passing over a message says that those before it are done",
      symbol: "GroupProgress.#advance",
      find: "offset >= held.awaited ?",
      put: "true as boolean ?",
    }],
  }),
  ...faultsOf({
    file: "adapters/web/streams/sink_end.ts",
    tests: ["tests/adapters/topic/sink_test.ts"],
    faults: [{
      name: "sink-translated-late",
      breaks: "a sink that has ended writes a value that was not yet known to fit",
      symbol: "SinkEnd.#writeTranslated",
      find: 'if (this.isOver) throw this.#ended("it has ended");',
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/job/job.ts",
    tests: ["tests/adapters/job/typed_test.ts"],
    faults: [{
      name: "job-skipped",
      breaks: "a job does not count the values that it skips",
      symbol: "JobRun.#process",
      find: "this.#skippedCount++;",
      put: "this.#skippedCount += 0;",
    }],
  }),
];
