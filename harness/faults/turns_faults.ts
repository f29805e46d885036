/**
 * Faults of the turns that the event loop is given: loops that keep it waiting, and pauses that end
 * wrongly.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const tests = ["tests/storage/turns_test.ts", "tests/storage/loops_test.ts"];

/** Faults. */
export const TURNS_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/derived/queue/queue_table.ts",
    tests: ["tests/storage/derived/queue/queue_table_test.ts"],
    faults: [{
      name: "turns-entries",
      breaks: "while entries of ten thousand queues are written the event loop waits",
      symbol: "QueueTable.writeInTurns",
      find: "if (turns.isDue()) await turns.pause();",
      put: "",
    }, {
      name: "turns-entries-again",
      breaks: "entries of queues are written without end while appends go on",
      symbol: "QueueTable.writeInTurns",
      find: "[...this.#context.unwritten]",
      put: "this.#context.unwritten",
    }],
  }),
  ...faultsOf({
    file: "storage/turns.ts",
    tests,
    faults: [{
      name: "turns-background",
      breaks: "work in the background takes a turn of the event loop for each file",
      symbol: "BackgroundTurns.pause",
      find: "this.#since = this.#environment.clock.monotonic();\n  }\n}",
      put: "}\n}",
    }, {
      name: "turns-again",
      breaks: "after the first turn of the event loop every message waits for another",
      symbol: "Turns.#begin",
      find: "this.#isDue = false;",
      put: "",
    }, {
      name: "turns-since",
      breaks: "a turn that the event loop had is not known, so that each look finds one due",
      symbol: "Turns.#look",
      find: "if (this.#next === undefined) this.#begin(now);",
      put: "this.#begin(now); this.#since = 0;",
    }, {
      name: "turns-once",
      breaks: "who is told a second time that a turn is due is not told so",
      symbol: "Turns.isDue",
      find: "this.#isDue ||",
      put: "",
    }, {
      name: "turns-many",
      breaks: "each who waits takes a turn of the event loop for himself",
      symbol: "Turns.pause",
      find: "this.#next ?? this.#environment.timers.pause()",
      put: "this.#environment.timers.pause()",
    }, {
      name: "turns-look",
      breaks: "each message looks at the clock",
      symbol: "Turns.#look",
      find: "this.#stride = isQuick ? Math.min(2 * this.#stride, QUICK_CALL_COUNT) : 1;",
      put: "",
    }, {
      name: "turns-late",
      breaks: "slow messages are as many to a look at the clock as quick ones",
      symbol: "Turns.#look",
      find: "isQuick ? Math.min(2 * this.#stride, QUICK_CALL_COUNT) : 1",
      put: "QUICK_CALL_COUNT * 16",
    }, {
      name: "turns-shared",
      breaks: "a store takes turns by the clock of another",
      symbol: "turnsOf",
      find: "if (last?.clock === clock) return last.turns;",
      put: "if (last !== undefined) return last.turns;",
    }],
  }),
  ...faultsOf({
    file: "storage/environment.ts",
    tests: ["tests/runtime/alive_test.ts"],
    faults: [{
      name: "turns-alive",
      breaks: "a process ends while it gives others their turn",
      symbol: "systemTimers",
      find: "setImmediate(resolve))",
      put: "setImmediate(resolve).unref())",
    }],
  }),
  ...faultsOf({
    file: "storage/read/queue_iterator.ts",
    tests: [
      "tests/storage/turns_test.ts",
      "tests/storage/loops_test.ts",
      "tests/storage/read/queue_iterator_test.ts",
    ],
    faults: [{
      name: "turns-iterator",
      breaks: "reading a queue keeps the event loop waiting",
      symbol: "QueueIterator.#take",
      find: "if (turns.isDue()) return turns.pause();",
      put: "",
    }, {
      name: "turns-order",
      breaks: "who asks in the moment after a pause gets the message of one who asked before",
      symbol: "QueueIterator.#wait",
      find: "if (this.#waiting === step) this.#waiting = undefined;",
      put: "this.#waiting = undefined;",
    }, {
      name: "turns-return",
      breaks: "what is read while it waits for its turn is handed out after return()",
      symbol: "QueueIterator.#take",
      find: "if (this.#isDone) return DONE; signal?.throwIfAborted();",
      put: "signal?.throwIfAborted();",
    }],
  }),
  ...faultsOf({
    file: "storage/read/queue_view.ts",
    tests,
    faults: [{
      name: "turns-batch",
      breaks: "readBatch() keeps the event loop waiting",
      symbol: "QueueView.readBatch",
      find: "if (turns.isDue()) {",
      put: "if (limit < 0) {",
    }, {
      name: "turns-batch-abort",
      breaks: "readBatch() reads on after a signal that was aborted in its pause",
      symbol: "QueueView.readBatch",
      find: "await turns.pause(); signal?.throwIfAborted();",
      put: "await turns.pause();",
    }],
  }),
  ...faultsOf({
    file: "storage/read/find.ts",
    tests,
    faults: [{
      name: "turns-find",
      breaks: "find() keeps the event loop waiting",
      symbol: "findMessages",
      find: "if (context.turns.isDue()) await context.turns.pause();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/derived/index/message_index.ts",
    tests,
    faults: [{
      name: "turns-index",
      breaks: "find() keeps the event loop waiting while it looks at keys outside of its range",
      symbol: "MessageIndex.#candidates",
      find: "if (from > 0) yield undefined;",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/topic_reader.ts",
    tests,
    faults: [{
      name: "turns-topic-abort",
      breaks: "who looks for a tag goes on after his signal",
      symbol: "TopicReader.#fill",
      find: "{ limit: count, signal }",
      put: "{ limit: count }",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/source_core.ts",
    tests,
    faults: [{
      name: "turns-source",
      breaks: "iterating over a source keeps the event loop waiting",
      symbol: "SourceCore.ready",
      find: "this.#turns.isDue() ? undefined : this.#hand()",
      put: "this.#hand()",
    }, {
      name: "turns-pipe",
      breaks: "a source that is piped keeps the event loop waiting",
      symbol: "SourceCore.next",
      find: "if (this.#turns.isDue()) await this.#turns.pause();",
      put: "",
    }, {
      name: "turns-source-stop",
      breaks: "a source that was cancelled while it looked for a tag takes queues for its group",
      symbol: "SourceCore.#fill",
      find: "this.#reader.take(signal)",
      put: "this.#reader.take()",
    }],
  }),
  ...faultsOf({
    file: "adapters/web/streams/source_end.ts",
    tests,
    faults: [{
      name: "turns-block",
      breaks: "who is slow with what he reads is handed as many messages at once as who is quick",
      symbol: "SourceEnd.#pullLater",
      find: "this.#blockCount = 1;",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/job/job.ts",
    tests,
    faults: [{
      name: "turns-job",
      breaks: "a job keeps the event loop waiting",
      symbol: "JobRun.run",
      find: "if (this.#turns.isDue()) await this.#turns.pause();",
      put: "",
    }, {
      name: "turns-job-abort",
      breaks: "a job that looks for a tag does not end on its signal",
      symbol: "JobRun.#take",
      find: "this.#reader.take(signal)",
      put: "this.#reader.take()",
    }],
  }),
  ...faultsOf({
    file: "storage/life/store_writer.ts",
    tests,
    faults: [{
      name: "turns-append",
      breaks: 'appending "committed" keeps the event loop waiting',
      symbol: "StoreWriter.#reach",
      find: "return this.#turns.after(reached);",
      put: 'return durability === "committed" ? reached : this.#turns.after(reached);',
    }, {
      name: "turns-flushed",
      breaks: "appending to a quick disk keeps the event loop waiting",
      symbol: "StoreWriter.#reach",
      find: "return this.#turns.after(reached);",
      put: 'return durability === "flushed" ? reached : this.#turns.after(reached);',
    }],
  }),
  ...faultsOf({
    file: "storage/life/acceptor.ts",
    tests,
    faults: [{
      name: "turns-accept",
      breaks: "accepting keeps the event loop waiting",
      symbol: "Acceptor.#accepted",
      find: "turns.isDue() ? pauseWith(turns, result) : result",
      put: "result",
    }, {
      name: "turns-bodies",
      breaks: "accepting bodies keeps the event loop waiting",
      symbol: "Acceptor.#acceptBody",
      find: "turns.isDue() ? pauseWith(turns, { ...extent }) : extent",
      put: "extent",
    }],
  }),
];
