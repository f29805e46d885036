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
      find: "time >= to",
      put: "time > to",
    }, {
      name: "find-from",
      breaks: "find: lower bound exclusive",
      symbol: "findMessages",
      find: "time < from ||",
      put: "time <= from ||",
    }],
  }),
  ...faultsOf({
    file: "storage/life/log_follower.ts",
    tests: ["tests/storage/life"],
    faults: [{
      name: "follower-dead-positions",
      breaks:
        "a reader takes the positions of a writer that has gone for all there is, beside a broker",
      symbol: "LogFollower.#isTold",
      find: "return this.#positions !== undefined && hasLiveWriter(directory);",
      put: "return this.#positions !== undefined;",
    }, {
      name: "follower-last-writer",
      breaks: "what a broker writes behind a writer of ours that died must be ours to be seen",
      symbol: "LogFollower.#look",
      find: "this.#meetLast();",
      put: "",
    }, {
      name: "follower-range-end",
      breaks: "what was ours of a range without an end is forgotten when a broker goes on",
      symbol: "LogFollower.#meetLast",
      find: "mark: Math.max(found.mark, this.#committedPosition)",
      put: "mark: found.mark",
    }],
  }),
  ...faultsOf({
    file: "storage/life/log_follower.ts",
    tests: ["tests/storage/life/untold_log_test.ts"],
    faults: [{
      name: "untold-last-look",
      breaks: "the last that a broker stored before it went is never seen",
      symbol: "LogFollower.#look",
      find: "if (this.#isTold()) return",
      put: "if (this.#isTold() || this.#committedPosition > 0) return",
    }],
  }),
  ...faultsOf({
    file: "storage/life/log_follower.ts",
    tests: ["tests/storage/life/promised_positions_test.ts"],
    faults: [{
      name: "fol-min",
      breaks: "follower's flushed position ahead of what it read",
      symbol: "LogFollower.#step",
      find: "const flushed = Math.min(positions.flushedPosition, this.#committedPosition);",
      put: "const flushed = positions.flushedPosition;",
    }, {
      name: "follow-failed",
      breaks: "whoever waits is not told that following has ended",
      symbol: "LogFollower.#end",
      find: "this.#error ??= error; this.#changes.fail(error);",
      put: "this.#error ??= error;",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/topic_reader.ts",
    tests: ["tests/adapters/core/topic_reader_test.ts"],
    faults: [{
      name: "latest-late",
      breaks: '"latest" skips what is in a queue that came later',
      symbol: "TopicReader.#discover",
      find: 'from: Start = "earliest"',
      put: 'from: Start = this.#options.from ?? "earliest"',
    }],
  }),
  ...faultsOf({
    file: "storage/read/find.ts",
    tests: ["tests/storage/read"],
    faults: [{
      name: "get-end",
      breaks: "get() shows what starts at the end of what is committed",
      symbol: "getMessage",
      find: 'position < context.end("committed");',
      put: 'position <= context.end("committed");',
    }, {
      name: "find-limit",
      breaks: "find() gives one more than its limit",
      symbol: "findMessages",
      find: "if (count === limit) return undefined;",
      put: "if (count > limit) return undefined;",
    }],
  }),
  ...faultsOf({
    file: "storage/read/time_search.ts",
    tests: ["tests/storage/read"],
    faults: [{
      name: "offset-at-equal",
      breaks: "offsetAt() passes over a message of that very time",
      symbol: "offsetAtTime",
      find: "({ storeTimestamp }) => storeTimestamp < time",
      put: "({ storeTimestamp }) => storeTimestamp <= time",
    }],
  }),
  ...faultsOf({
    file: "storage/read/queue_view.ts",
    tests: ["tests/storage/read"],
    faults: [{
      name: "from-latest-flushed",
      breaks: "a reader of what is flushed that starts at the latest misses what is flushed next",
      symbol: "QueueView.#start",
      find: 'if (from === "latest") return latest;',
      put: 'if (from === "latest") return this.#latest("committed");',
    }, {
      name: "from-at-end",
      breaks: "reading from the very end is refused",
      symbol: "QueueView.#start",
      find: 'from > this.#latest("committed")',
      put: 'from >= this.#latest("committed")',
    }, {
      name: "batch-limit",
      breaks: "readBatch() gives more than its limit",
      symbol: "QueueView.readBatch",
      find: "readMore(limit - messages.length)",
      put: "readMore(limit)",
    }],
  }),
  ...faultsOf({
    file: "storage/read/queue_iterator.ts",
    tests: ["tests/storage/read"],
    faults: [{
      name: "iterator-abort",
      breaks: "abort does not end a follower that waits",
      symbol: "QueueIterator.#either",
      find: "AbortSignal.any([signal, this.#stop.signal])",
      put: "this.#stop.signal",
    }, {
      name: "iterator-limit",
      breaks: "a follower goes on waiting after its limit",
      symbol: "QueueIterator.#take",
      find: "if (follow && this.#left > 0 && !this.#isOver) return changes",
      put: "if (follow && !this.#isOver) return changes",
    }, {
      name: "iterator-return",
      breaks: "return() leaves a follower waiting",
      symbol: "QueueIterator.return",
      find: "this.#stop.abort();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/read/queue_view.ts",
    tests: ["tests/storage/read"],
    faults: [{
      name: "latest-committed",
      breaks: "latest counts what is not committed, or lost to a failed sync",
      symbol: "QueueView.#latest",
      find: 'if (visibility === "committed" && end >= context.segments.end) return queue.next;',
      put: 'if (visibility === "committed") return queue.next;',
    }],
  }),
  ...faultsOf({
    file: "storage/read/lend_records.ts",
    tests: ["tests/storage/life", "tests/storage/read"],
    faults: [{
      name: "lend-hidden",
      breaks: "borrow() lends members of a broken batch",
      symbol: "lendRecords",
      find: "const isHidden = context.hidden.has(batch.positions[index]);",
      put: "const isHidden = index < 0;",
    }, {
      name: "lend-run-hidden",
      breaks: "borrow() lends members of a broken batch behind a good record",
      symbol: "endOfRun",
      find: "|| context.hidden.has(next)) break;",
      put: "|| next < 0) break;",
    }],
  }),
  ...faultsOf({
    file: "storage/read/lend_records.ts",
    tests: ["tests/storage/read"],
    faults: [{
      name: "lend-run",
      breaks: "borrow() lends beyond the flushed position inside of a run",
      symbol: "endOfRun",
      find: "if (next + byteLengths[index] > limit ||",
      put: "if (next > limit ||",
    }],
  }),
  ...faultsOf({
    file: "storage/read/find.ts",
    tests: ["tests/storage/life", "tests/storage/read"],
    faults: [{
      name: "find-hidden",
      breaks: "find() shows members of a broken batch",
      symbol: "findMessages",
      find: "if (context.hidden.has(position)) continue;",
      put: "",
    }, {
      name: "get-hidden",
      breaks: "get() shows a member of a broken batch",
      symbol: "getMessage",
      find: "isInside && !context.hidden.has(position)",
      put: "isInside",
    }],
  }),
  ...faultsOf({
    file: "storage/read/find.ts",
    tests: ["tests/storage/read", "tests/storage/derived/index"],
    faults: [{
      name: "find-topic",
      breaks: "find() shows a message of another topic with the same hash",
      symbol: "findMessages",
      find: "message.topic !== topic",
      put: 'message.topic === ""',
    }, {
      name: "find-key",
      breaks: "find() shows a message with another key of the same hash",
      symbol: "findMessages",
      find: "|| !carries(message, key)) continue;",
      put: ") continue;",
    }],
  }),
  ...faultsOf({
    file: "storage/read/batch_reader.ts",
    tests: ["tests/storage/life", "tests/storage/read"],
    faults: [{
      name: "read-hidden",
      breaks: "reads members of a broken batch",
      symbol: "planRuns",
      find: "if (context.hidden.has(position)) continue;",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/read/batch_reader.ts",
    tests: ["tests/storage/read"],
    faults: [{
      name: "tags-hash",
      breaks: "a tag with the same hash passes for the one asked for",
      symbol: "readMessages",
      find: 'tags.includes(message.tags ?? "")',
      put: 'tags.includes(message.tags ?? "") || tags.length > 0',
    }],
  }),
  ...faultsOf({
    file: "storage/life/log_follower.ts",
    tests: ["tests/storage/life/kept_log_test.ts"],
    faults: [{
      name: "follow-deleted",
      breaks: "a reader does not notice that the log starts later",
      symbol: "LogFollower.#step",
      find: "|| positions.earliestPosition > segments.start",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/log_follower.ts",
    tests: [],
    faults: [{
      name: "follow-outdated",
      breaks: "a reader believes the positions of the writer before the last",
      symbol: "LogFollower.#step",
      find: 'if (whose === "outdated") return;',
      put: "",
      by: {
        equivalent:
          "when meta names a writer it has cut and synced what the one before it left, so that whatever of the older promise is whole is the log",
      },
    }],
  }),
  ...faultsOf({
    file: "adapters/core/topic_reader.ts",
    tests: ["tests/adapters/core/topic_reader_test.ts"],
    faults: [{
      name: "topic-late-queue",
      breaks: "a queue that came later is not read at once",
      symbol: "TopicReader.take",
      find: "if (!hasRead && !this.#discover()) return messages;",
      put: "if (!hasRead) return messages;",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/topic_reader.ts",
    tests: ["tests/adapters/core/topic_reader_test.ts", "tests/adapters/web/source_test.ts"],
    faults: [{
      name: "topic-flushed",
      breaks: "a group passes over what is committed and not flushed yet",
      symbol: "TopicReader.#end",
      find: 'this.#options.visibility === "flushed" ? queue.flushedEndOffset : queue.endOffset',
      put: "queue.endOffset",
    }, {
      name: "topic-ahead",
      breaks: "a start behind the end of a queue is taken",
      symbol: "TopicReader.#start",
      find: "if (start === nearest || isClamped) return nearest;",
      put: "return nearest;",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/topic_reader.ts",
    tests: ["tests/adapters/core/topic_reader_test.ts", "tests/adapters/web/source_test.ts"],
    faults: [{
      name: "topic-horizon",
      breaks: "messages come before those of a queue that was not read as far",
      symbol: "takeUntil",
      find: "pending[pending.length - 1].position <= horizon",
      put: "true",
    }, {
      name: "topic-merge",
      breaks: "the queues of a topic come one after the other",
      symbol: "mergeTwo",
      find: "next < position",
      put: "next < 0",
    }],
  }),
  ...faultsOf({
    file: "storage/life/live_positions.ts",
    tests: ["tests/storage/life"],
    faults: [{
      name: "positions-epoch",
      breaks: "the positions of an earlier writer pass for those of the last",
      symbol: "whosePositions",
      find: 'said.epoch > epoch ? "writer" : "outdated"',
      put: '"writer"',
    }],
  }),
  ...faultsOf({
    file: "storage/life/open_reader.ts",
    tests: ["tests/storage/life"],
    faults: [{
      name: "reader-flushed",
      breaks: "a reader opens with more flushed than it could read",
      symbol: "openOnce",
      find: "Math.min(flushed, committedPosition)",
      put: "flushed",
    }],
  }),
];
