/**
 * Faults of checking the records that are read.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const CHECKING_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/layout/plain_record.ts",
    tests: ["tests/storage/layout/plain_record_test.ts"],
    faults: [{
      name: "plain-length",
      breaks: "a record is believed whose length is not that of its entry",
      symbol: "PlainRecords.has",
      find: "view.getInt32(at + AT.totalSize) === byteLength &&",
      put: "",
    }, {
      name: "plain-flags",
      breaks: "a record of a transaction, an IPv6 host or a compressed body passes for a plain one",
      symbol: "PlainRecords.has",
      find: "view.getInt32(at + AT.sysFlag) === SYS_FLAG &&",
      put: "",
    }, {
      name: "plain-queue",
      breaks: "a record of another queue is read quickly",
      symbol: "PlainRecords.has",
      find: "view.getInt32(at + AT.queueId) === this.#queueId &&",
      put: "",
    }, {
      name: "plain-offset",
      breaks: "a record of another offset is read quickly",
      symbol: "PlainRecords.has",
      find: "readI64(view, at + AT.queueOffset) === offset &&",
      put: "",
    }, {
      name: "plain-position",
      breaks: "a record that says another position than its own is read quickly",
      symbol: "PlainRecords.has",
      find: "readI64(view, at + AT.physicalOffset) === position &&",
      put: "",
    }, {
      name: "plain-numbers",
      breaks: "a time that a number cannot hold is read quickly",
      symbol: "PlainRecords.has",
      find: "view.getInt32(at + AT.bornTimestamp) |",
      put: "",
    }, {
      name: "plain-topic",
      breaks: "a record of another topic of the same length is read quickly",
      symbol: "PlainRecords.#hasParts",
      find: "hasBytes(bytes, topicAt, topic) &&",
      put: "",
    }, {
      name: "plain-topic-length",
      breaks: "a record whose parts do not add up is read quickly",
      symbol: "PlainRecords.#hasParts",
      find: "return view.getInt8(topicAt - TOPIC_WIDTH_V1) === topic.length &&",
      put: "return topicAt > 0 &&",
    }, {
      name: "plain-properties-length",
      breaks: "a record whose properties do not end where it does is read quickly",
      symbol: "PlainRecords.#hasParts",
      find: "view.getInt16(propertiesAt - PROPERTIES_WIDTH) === end - propertiesAt &&",
      put: "",
    }, {
      name: "plain-crc",
      breaks: "a record with a wrong checksum is read quickly",
      symbol: "PlainRecords.#hasParts",
      find: 'checkRecordCrc(bytes, view, at, propertiesAt, end) === "right"',
      put: 'checkRecordCrc(bytes, view, at, propertiesAt, end) !== "absent"',
    }],
  }),
  ...faultsOf({
    file: "storage/layout/i64.ts",
    tests: ["tests/storage/layout/plain_record_test.ts"],
    faults: [{
      name: "high-words",
      breaks: "an upper word of a number beyond 2^53 passes for one that a number holds",
      symbol: "areUnsignedHighWords",
      find: "(words & ~HIGH_MAX) === 0",
      put: "words >= 0",
    }],
  }),
  ...faultsOf({
    file: "storage/read/record_reader.ts",
    tests: ["tests/storage/read/both_ways_test.ts"],
    faults: [{
      name: "claim-unchecked",
      breaks: "a record that is not plain is not checked",
      symbol: "ClaimedRecords.check",
      find: "return readClaimed(this.context, this.queue, bytes, view, start, claim);",
      put:
        "return claim.position < 0 ? readClaimed(this.context, this.queue, bytes, view, start, claim) : undefined;",
    }],
  }),
  ...faultsOf({
    file: "storage/log/segment_list.ts",
    tests: ["tests/storage/log/sigbus_guard_test.ts"],
    faults: [{
      name: "slice-lost",
      breaks: "zeros of a segment that was cut are handed out as its bytes",
      symbol: "SegmentList.slice",
      find: "if (mapped !== undefined && !segment.hasLostPages) return mapped;",
      put: "if (mapped !== undefined) return mapped;",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/queue/entry_batch.ts",
    tests: ["tests/storage/read/both_ways_test.ts"],
    faults: [{
      name: "entry-move",
      breaks: "behind a message that was left out, others have its offset",
      symbol: "EntryBatch.move",
      find: "this.offsets[to] = this.offsets[from];",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/verify/report.ts",
    tests: ["tests/cli/verify_test.ts"],
    faults: [{
      name: "verdict-derived",
      breaks: "a store without queues is called sound",
      symbol: "Findings.verdict",
      find: "this.#derivedCount > 0",
      put: "this.#derivedCount < 0",
    }, {
      name: "verdict-derived-damage",
      breaks: "a wrong entry of a queue makes of a sound log a damaged one",
      symbol: "Findings.verdict",
      find: "this.#lostCount > 0",
      put: "this.damageCount > 0",
    }, {
      name: "mend-damaged",
      breaks: "verify promises what the next writer does, where no writer opens the log",
      symbol: "Findings.list",
      find: "mend !== undefined && !this.#isLogDamaged",
      put: "mend !== undefined",
    }, {
      name: "verdict-doubt",
      breaks: "a log whose offsets have gaps is called sound",
      symbol: "Findings.verdict",
      find: "this.doubtCount > 0",
      put: "this.doubtCount < 0",
    }],
  }),
  ...faultsOf({
    file: "storage/verify/queues_check.ts",
    tests: ["tests/cli/verify_test.ts"],
    faults: [{
      name: "verify-queue-length",
      breaks: "one queue file that was cut off makes verify blame all others",
      symbol: "QueuesCheck.constructor",
      find: 'findEntriesPerFile(directory, "simple", simple)',
      put: 'findEntriesPerFile(directory, "simple", simple.slice(0, 1))',
    }],
  }),
  ...faultsOf({
    file: "storage/verify/queue_check.ts",
    tests: ["tests/cli/verify_test.ts"],
    faults: [{
      name: "verify-odd",
      breaks: "a wrong offset in one message makes verify doubt all that follow",
      symbol: "QueueCheck.#isOdd",
      find: "this.#next = due + count;",
      put: "this.#next = end;",
    }, {
      name: "verify-twice",
      breaks: "an offset that comes late is said to be there twice",
      symbol: "QueueCheck.#takeUnseen",
      find: "if (index < 0) return false;",
      put: "if (index < 0 || index >= 0) return false;",
    }],
  }),
  ...faultsOf({
    file: "storage/verify/log_check.ts",
    tests: ["tests/cli/verify_test.ts"],
    faults: [{
      name: "verify-lost-end",
      breaks: "verify ends where a log that was closed has lost a record, though it goes on",
      symbol: "LogCheck.run",
      find: "if (next === undefined) return this.#end(damagedTail(tail, stop));",
      put: "return this.#end(damagedTail(tail, stop));",
    }, {
      name: "verify-half",
      breaks: "verify does not count halves of transactions",
      symbol: "LogCheck.#count",
      find: "if (isHalf(record)) summary.halfCount++;",
      put: "",
    }],
  }),
];
