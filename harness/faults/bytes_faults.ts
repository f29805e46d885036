/**
 * Faults of whose bytes are whose: what is handed in, what waits, what is kept, what is handed out.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const WRITING = ["tests/storage/life/whose_bytes_test.ts"];
const SINKS = ["tests/adapters/sinks_bytes_test.ts"];
const STATE = ["tests/adapters/checkpoint/state_test.ts"];

/** Faults. */
export const BYTES_FAULTS: readonly PlantedFault[] = [
  {
    name: "bytes-wait",
    breaks: "bodies that wait for a segment are the caller's still",
    file: "storage/log/log_writer.ts",
    symbol: "LogWriter.append",
    find: "request.keepBodies();",
    put: "",
    by: { tests: WRITING },
  },
  {
    name: "bytes-slice",
    breaks: "a long body that waits is a view, where it is a Buffer",
    file: "storage/layout/byte_slab.ts",
    symbol: "keepBytes",
    find: "return new Uint8Array(source.subarray(0, byteLength));",
    put: "return source.slice(0, byteLength);",
    by: {
      equivalent:
        "bodies come here as plain Uint8Array since those of a class are viewed anew when they are taken",
    },
  },
  ...faultsOf({
    file: "storage/life/message_intake.ts",
    tests: WRITING,
    faults: [{
      name: "bytes-yielded",
      breaks: "what an iterator yields is read when it has ended",
      symbol: "takeAll",
      find: "Array.from(messages, (message) => takeMessage(message))",
      put: "[...messages]",
    }, {
      name: "bytes-changed",
      breaks: "a body whose length changes meanwhile is no error",
      symbol: "takeAll",
      find: "for (const message of prepared) refuseChanged(message);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/message_input.ts",
    tests: WRITING,
    faults: [{
      name: "bytes-detached",
      breaks: "a detached body is an empty message",
      symbol: "takeBody",
      find: "byteLength === 0 && isDetached(body)",
      put: "byteLength < 0",
    }, {
      name: "bytes-surrogate",
      breaks: "a lone surrogate in a body is changed",
      symbol: "takeBody",
      find: "if (body.isWellFormed()) return body;",
      put: "return body;",
    }, {
      name: "bytes-shared",
      breaks: "another thread writes between a body's copy and its checksum",
      symbol: "makePlain",
      find: "return isShared(buffer) ? new Uint8Array(view) : view;",
      put: "return view;",
      by: { tests: ["tests/storage/layout/message_input_test.ts"] },
    }, {
      name: "bytes-odd-length",
      breaks: "a body is believed that says another length than it has",
      symbol: "takeBody",
      find: "return isPlain ? body : makePlain(body, byteLength);",
      put: "return body;",
      by: { tests: ["tests/storage/layout/message_input_test.ts"] },
    }],
  }),
  ...faultsOf({
    file: "storage/read/record_message.ts",
    tests: ["tests/storage/read/kept_bodies_test.ts"],
    faults: [{
      name: "bytes-gone",
      breaks: "a message whose bytes were transferred has no tags, keys or properties",
      symbol: "RecordMessage.#held",
      find: "if (this.#record.bytes.length === 0) throw this.#gone();",
      put: "",
    }, {
      name: "bytes-gone-body",
      breaks: 'a body that was taken before its bytes were transferred reads as ""',
      symbol: "RecordMessage.body",
      find: "if (body.length === 0 && isDetached(body)) throw this.#gone();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/source_feed.ts",
    tests: ["tests/storage/read/kept_bodies_test.ts"],
    faults: [{
      name: "bytes-chunk",
      breaks: "a chunk that is transferred empties those behind it",
      symbol: "ByteFeed.#join",
      find: "const bodies: Uint8Array[] = [];",
      put:
        "if (this.#delimiter.byteLength === 0) return first.body; const bodies: Uint8Array[] = [];",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/sink_core.ts",
    tests: SINKS,
    faults: [{
      name: "bytes-retry",
      breaks: "a batch that is handed over again has what the caller made of it meanwhile",
      symbol: "SinkCore.#appendBefore",
      find: "let refusal = error;",
      put: "let refusal = error;\n    await Promise.resolve();",
    }],
  }),
  ...faultsOf({
    file: "adapters/job/job.ts",
    tests: ["tests/adapters/job/emit_test.ts"],
    faults: [{
      name: "bytes-emit",
      breaks: "what is emitted is the caller's until the next checkpoint",
      symbol: "JobRun.#emit",
      find: "const taken = takeMessage(output);",
      put: "const taken = output;",
    }, {
      name: "bytes-late-emit",
      breaks: "an emit that comes too late is written with another message, or dropped",
      symbol: "JobRun.#handle",
      find: "if (isOver) throw lateEmit(message);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/checkpoint/checkpoints.ts",
    tests: STATE,
    faults: [{
      name: "bytes-outputs",
      breaks: "outputs of a checkpoint are the caller's until its turn",
      symbol: "JobCheckpoints.save",
      find: "Array.from(input.outputs ?? [], (output) => takeMessage(output))",
      put: "[...input.outputs ?? []]",
    }],
  }),
  ...faultsOf({
    file: "adapters/checkpoint/state_text.ts",
    tests: STATE,
    faults: [{
      name: "state-views",
      breaks: "a view brings the buffer along that it was cut from",
      symbol: "stringifyState",
      find: "viewInfo: (view: View) => views.cut(view),",
      put: "",
    }, {
      name: "state-getters",
      breaks: "a getter of the state is called, and stored as what it gave",
      symbol: "stringifyState",
      find: "depth.member(thing, readMember(thing, key))",
      put: "depth.member(thing, Reflect.get(thing, key))",
    }, {
      name: "state-extras",
      breaks: "a property that hangs on an array or a Map is lost",
      symbol: "findFaultInside",
      find: "return findExtra(thing, tag);",
      put: "return undefined;",
    }, {
      name: "state-hidden",
      breaks: "a property that is not enumerable is lost",
      symbol: "findFaultInside",
      find: 'if (tag === "Object") return findHidden(thing);',
      put: 'if (tag === "Object") return undefined;',
    }, {
      name: "state-proxy",
      breaks: "a Proxy of a Map in a state is an error without a place",
      symbol: "findFaultInside",
      find: "lookInside(thing, tag);",
      put: "",
    }, {
      name: "state-revoked",
      breaks: "a revoked Proxy in a state is an error without a place",
      symbol: "findFault",
      find: "if (isOverflow(error)) throw error;",
      put: "throw error;",
    }, {
      name: "state-long",
      breaks: "what hangs on a long view is lost",
      symbol: "findExtra",
      find: "return hasExtras(thing) ?",
      put: "return thing === undefined ?",
    }, {
      name: "state-overflow",
      breaks: "where no stack is left, the error says neither what nor where",
      symbol: "isOverflow",
      find: "/call stack/i",
      put: "/no stack/i",
      by: { tests: ["tests/adapters/checkpoint/state_depth_test.ts"] },
    }],
  }),
  ...faultsOf({
    file: "adapters/checkpoint/payload.ts",
    tests: ["tests/adapters/checkpoint/state_depth_test.ts"],
    faults: [{
      name: "state-missing",
      breaks: "a state that another runtime can read is said to be damaged, and no more",
      symbol: "reasonOf",
      find: 'if (isThere() || !text.includes(`["${name}`)) continue;',
      put: "if (name !== undefined) continue;",
    }],
  }),
  ...faultsOf({
    file: "adapters/checkpoint/state_brands.ts",
    tests: [...STATE, "tests/adapters/checkpoint/state_brands_test.ts"],
    faults: [{
      name: "state-url-symbol",
      breaks: "what hangs on a URL under a symbol is lost",
      symbol: "addedKeys",
      find: "Reflect.ownKeys(thing)",
      put: "Object.getOwnPropertyNames(thing)",
    }, {
      name: "state-long-symbol",
      breaks: "a hidden property under a symbol of a long view is lost",
      symbol: "hasExtras",
      find: "if (Object.getOwnPropertySymbols(view).length > 0) return true;",
      put: "",
    }, {
      name: "state-long-lies",
      breaks: "a long view that lies about its length is stored as it says",
      symbol: "hasExtras",
      find: "if (VIEW_NAMES.some((name) => Object.hasOwn(view, name))) return true;",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/checkpoint/state_depth.ts",
    tests: ["tests/adapters/checkpoint/state_depth_test.ts"],
    faults: [{
      name: "state-depth",
      breaks: "a state is saved that no other thread can read",
      symbol: "StateDepth.enter",
      find: "this.#around.length > STATE_DEPTH_MAX",
      put: "this.#around.length > STATE_DEPTH_MAX * 100",
    }, {
      name: "state-depth-siblings",
      breaks: "a wide state counts as a deep one",
      symbol: "StateDepth.#backTo",
      find: "around.pop();",
      put: "break;",
    }, {
      name: "state-depth-keys",
      breaks: "a map with objects for keys counts as deeper than it is",
      symbol: "StateDepth.enter",
      find: "if (map !== undefined) this.#backTo(map);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/checkpoint/state_views.ts",
    tests: STATE,
    faults: [{
      name: "state-common",
      breaks: "views that have bytes in common come back apart",
      symbol: "StateViews.#take",
      find: "(at === 0 || ends[at - 1] <= from)",
      put: "(at >= 0)",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/record_seal.ts",
    tests: ["tests/storage/layout/record_seal_test.ts"],
    faults: [{
      name: "seal-topic",
      breaks: "a record of another topic gets the checksum of the one before it",
      symbol: "isLikeSummed",
      find: "message.topicBytes === summed.topicBytes &&",
      put: "true as boolean &&",
    }, {
      name: "seal-stored",
      breaks: "a record stored at another time gets the checksum of the one before it",
      symbol: "isLikeSummed",
      find: "place.storeTimestamp === summed.storeTimestamp &&",
      put: "",
    }, {
      name: "seal-born",
      breaks: "a record made at another time gets the checksum of the one before it",
      symbol: "isLikeSummed",
      find: "message.bornTimestamp === summed.bornTimestamp &&",
      put: "",
    }, {
      name: "seal-flag",
      breaks: "a record with another flag gets the checksum of the one before it",
      symbol: "isLikeSummed",
      find: "message.flag === summed.flag &&",
      put: "",
    }, {
      name: "seal-sysflag",
      breaks: "a record with another sysFlag gets the checksum of the one before it",
      symbol: "isLikeSummed",
      find: "(message.sysFlag ?? 0) === summed.sysFlag &&",
      put: "",
    }, {
      name: "seal-retries",
      breaks: "a record that was sent back more often gets the checksum of the one before it",
      symbol: "isLikeSummed",
      find: "(message.reconsumeTimes ?? 0) === summed.reconsumeTimes &&",
      put: "",
    }, {
      name: "seal-offset",
      breaks:
        "a record at an offset with another upper half gets the checksum of the one before it",
      symbol: "isLikeSummed",
      find: "highWord(place.queueOffset) === summed.queueOffsetHigh &&",
      put: "",
    }, {
      name: "seal-position",
      breaks:
        "a record at a position with another upper half gets the checksum of the one before it",
      symbol: "isLikeSummed",
      find: "highWord(place.position) === summed.positionHigh",
      put: "true as boolean",
    }, {
      name: "seal-high-bit",
      breaks: "the bit of the body's CRC that RocketMQ leaves out counts twice",
      symbol: "makeTables",
      find: "index & ~HIGHEST_BIT",
      put: "index",
    }, {
      name: "seal-new-shape",
      breaks: "what was summed of another shape is taken for this one's",
      symbol: "makeTables",
      find: "summed.topicBytes = NO_TOPIC;",
      put: "",
    }, {
      name: "seal-properties",
      breaks: "properties do not count",
      symbol: "recordCrc32",
      find: "length === 0 ? 0 : lastBytesCrc(view, crcAt - length, crcAt)",
      put: "length * 0",
    }],
  }),
];
