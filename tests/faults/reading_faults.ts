/**
 * Faults of reading, finding and following: mostly borders of what may be seen.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const READING_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/read/batch_reader.ts",
    tests: ["tests/storage/read/visible_end_test.ts"],
    faults: [{
      name: "read-end",
      breaks: "reads beyond the flushed position by one record",
      symbol: "planRuns",
      find: "if (position + byteLength > request.end) {",
      put: "if (position > request.end) {",
    }],
  }),
  ...faultsOf({
    file: "storage/read/lend_records.ts",
    tests: ["tests/storage/read/visible_end_test.ts"],
    faults: [{
      name: "lend-end",
      breaks: "borrow() lends beyond the flushed position",
      symbol: "lendRecords",
      find: "if (batch.positions[index] + batch.byteLengths[index] > request.end) {",
      put: "if (batch.positions[index] > request.end) {",
    }],
  }),
  ...faultsOf({
    file: "storage/read/find.ts",
    tests: ["tests/storage/read/visible_end_test.ts"],
    faults: [{
      name: "find-end",
      breaks: "find: record at the visible end shown",
      symbol: "findMessages",
      find: "position >= end) continue;",
      put: "position > end) continue;",
    }, {
      name: "find-to",
      breaks: "find: upper bound inclusive",
      symbol: "findMessages",
      find: "storeTimestamp >= to",
      put: "storeTimestamp > to",
    }, {
      name: "find-from",
      breaks: "find: lower bound exclusive",
      symbol: "findMessages",
      find: "storeTimestamp < from ||",
      put: "storeTimestamp <= from ||",
    }],
  }),
  ...faultsOf({
    file: "storage/following/log_follower.ts",
    tests: ["tests/storage/following/promised_mark_test.ts"],
    faults: [{
      name: "fol-min",
      breaks: "follower's flushed position ahead of what it read",
      symbol: "LogFollower.#step",
      find: "const flushed = Math.min(mark.flushedPosition, this.#committedPosition);",
      put: "const flushed = mark.flushedPosition;",
    }],
  }),
  ...faultsOf({
    file: "storage/topic/topic_reader.ts",
    tests: ["tests/storage/topic/topic_reader_test.ts"],
    faults: [{
      name: "latest-late",
      breaks: '"latest" skips what is in a queue that came later',
      symbol: "TopicReader.#start",
      find: '(start === "latest" && !this.#isNew)',
      put: '(start === "latest" && this.#isNew && false as boolean)',
    }],
  }),
];
