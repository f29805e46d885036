/**
 * Faults of sinks, sources, checkpoints and jobs.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const ADAPTERS_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "adapters/web/streams/sink_end.ts",
    tests: ["tests/adapters/web/sink_test.ts"],
    faults: [{
      name: "sink-half",
      breaks: "budget: waits for nothing",
      symbol: "SinkEnd.#makeRoom",
      find: "this.#budget / 2",
      put: "this.#budget * 2",
    }, {
      name: "sink-idle",
      breaks: "disposal of a sink whose writer waits for its close tells its failure a second time",
      symbol: "SinkEnd.#idle",
      find: "await this.#timers.pause();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/web/streams/web_sink.ts",
    tests: ["tests/adapters/web/sink_test.ts"],
    faults: [{
      name: "sink-close-queued",
      breaks: "disposal of a sink fails where somebody's close waits for its turn",
      symbol: "WebSink.#closed",
      find: "if (failure === error) throw error;",
      put: "throw error;",
    }, {
      name: "sink-close-failed",
      breaks: "disposal of a sink does not tell that it failed",
      symbol: "WebSink.#closed",
      find: "if (failure === error) throw error;",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/checkpoint/checkpoints.ts",
    tests: ["tests/adapters/checkpoint"],
    faults: [{
      name: "checkpoint-flushed",
      breaks: "a saved checkpoint may be lost to a power cut",
      symbol: "JobCheckpoints.#append",
      find: '{ atomic: true, durability: "flushed" }',
      put: '{ atomic: true, durability: "committed" }',
    }, {
      name: "checkpoint-lease",
      breaks: "checkpoints that were disposed of stay taken",
      symbol: "JobCheckpoints.[Symbol.asyncDispose]",
      find: "this.#claim?.release(); }",
      put: "}",
    }, {
      name: "checkpoint-outputs-at",
      breaks: "an index beyond the outputs of a checkpoint names a part of the checkpoint",
      symbol: "firstOf",
      find: "at: (index) => first.at(index)",
      put: "at: (index) => results.at(index < 0 ? index + count : index)",
    }, {
      name: "checkpoint-too-long",
      breaks: "a state of more than half a segment is refused late, after its outputs",
      symbol: "JobCheckpoints.save",
      find: "segmentByteLength / 2",
      put: "segmentByteLength * 2",
    }],
  }),
  ...faultsOf({
    file: "adapters/checkpoint/checkpoint_log.ts",
    tests: ["tests/adapters/checkpoint"],
    faults: [{
      name: "checkpoint-keep",
      breaks: "keep() does nothing",
      symbol: "findAll",
      find: "all[0]?.keep ?? Infinity",
      put: "Infinity",
    }, {
      name: "checkpoint-short",
      breaks: "a checkpoint that lacks its end is loaded",
      symbol: "readPayload",
      find: "if (at < bytes.length)",
      put: "if (at < 0)",
    }],
  }),
  ...faultsOf({
    file: "adapters/checkpoint/checkpoint_log.ts",
    tests: [],
    faults: [{
      name: "checkpoint-unflushed",
      breaks: "a checkpoint that a power cut may take is read",
      symbol: "backwards",
      find: "let offset = records.queue.flushedEndOffset - 1;",
      put: "let offset = records.queue.endOffset - 1;",
      by: {
        equivalent:
          "each record is read as far as it is flushed, and one that is not is passed over",
      },
    }],
  }),
  ...faultsOf({
    file: "adapters/job/job.ts",
    tests: ["tests/adapters/job/job_test.ts"],
    faults: [{
      name: "job-last-save",
      breaks: "a job that is stopped forgets what it has done since the last checkpoint",
      symbol: "JobRun.run",
      find: "await this.#save(); signal?.throwIfAborted();",
      put: "signal?.throwIfAborted();",
    }, {
      name: "job-mirror",
      breaks: "a checkpoint is saved before its group is known, and retention may pass it",
      symbol: "JobRun.#save",
      find: "await this.#parts.mirror.known();",
      put: "",
    }, {
      name: "job-outputs",
      breaks: "outputs are written again with the next checkpoint",
      symbol: "JobRun.#save",
      find: "this.#outputs = [];",
      put: "",
    }, {
      name: "job-output-room",
      breaks: "outputs grow until they fit into no group",
      symbol: "JobRun.#isDue",
      find: "|| this.#outputByteLength >= room",
      put: "",
    }, {
      name: "job-time",
      breaks: "checkpointEvery.ms does nothing",
      symbol: "JobRun.#isDue",
      find: "|| this.#leftMs() <= 0",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/run_stop.ts",
    tests: ["tests/adapters/job/job_test.ts", "tests/runtime/alive_test.ts"],
    faults: [{
      name: "job-closed",
      breaks: "a job goes on with a message when its store is closed under it",
      symbol: "RunStop.stopNow",
      find: "this.#givenUp.abort(reason);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/job/job_offsets.ts",
    tests: ["tests/adapters/job/job_test.ts"],
    faults: [{
      name: "job-ahead",
      breaks: "a job starts on a log that has lost what it counted",
      symbol: "JobOffsets.checkBehind",
      find: "if (offset <= queue.endOffset) continue;",
      put: "if (offset <= queue.endOffset + 1) continue;",
    }],
  }),
  ...faultsOf({
    file: "adapters/job/job_mirror.ts",
    tests: ["tests/adapters/job/mirror_test.ts"],
    faults: [{
      name: "job-other-state",
      breaks: "a job is not shown in the store that it reads",
      symbol: "JobMirror.done",
      find: "if (offset !== undefined) claim.done(offset);",
      put: "offset;",
    }, {
      name: "job-unwritable",
      breaks: "a job cannot read where it cannot write",
      symbol: "JobMirror.#claim",
      find: "if (isUnwritable && ",
      put: "if (false as boolean && ",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/group_progress.ts",
    tests: ["tests/adapters/web/source_test.ts"],
    faults: [{
      name: "group-end",
      breaks: "a queue is given back before all of it is done",
      symbol: "GroupProgress.#releaseDone",
      find: "if (done < delivered) continue;",
      put: "",
    }, {
      name: "group-back",
      breaks: "progress of a group goes back",
      symbol: "GroupProgress.done",
      find: "if (message.nextOffset <= held.done) return;",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/source_core.ts",
    tests: ["tests/adapters/web/source_test.ts"],
    faults: [{
      name: "group-visibility",
      breaks: "a group reads what is not flushed",
      symbol: "SourceCore.constructor",
      find: 'progress ? "flushed" : options.visibility',
      put: "options.visibility",
    }, {
      name: "source-closed",
      breaks: "a source that does not follow takes a closed store for the end",
      symbol: "SourceCore.#fill",
      find: '!StoreError.is(error, "CLOSED") || !this.#follow',
      put: '!StoreError.is(error, "CLOSED")',
    }],
  }),
  ...faultsOf({
    file: "adapters/core/done_iterator.ts",
    tests: ["tests/adapters/web/source_test.ts", "tests/adapters/web/bytes_test.ts"],
    faults: [{
      name: "done-early",
      breaks: "a message or a batch counts as done when it is handed out",
      symbol: "DoneIterator.#hand",
      find: "this.#last = value;",
      put: "this.#last = value; this.#feed.done(value);",
    }, {
      name: "done-overlap",
      breaks: "calls of next() that overlap are served side by side",
      symbol: "DoneIterator.next",
      find: "if (this.#runningCount > 0)",
      put: "if (this.#runningCount < 0)",
    }],
  }),
  ...faultsOf({
    file: "adapters/web/streams/source_end.ts",
    tests: ["tests/adapters/web/source_test.ts"],
    faults: [{
      name: "ahead-forgotten",
      breaks: "a loop over a source comes before what a reader had the stream ask for",
      symbol: "SourceEnd.isAhead",
      find: "this.#isPulling || (this.#hasPulled && (this.#controller?.desiredSize ?? 0) < 0)",
      put: "this.#isPulling",
    }, {
      name: "ahead-lost",
      breaks: "a stream that is handed a block loses what does not fit",
      symbol: "SourceEnd.pull",
      find: "if (--left === 0) break;",
      put: "if (left-- === 0) this.feed.ready();",
    }],
  }),
  ...faultsOf({
    file: "adapters/web/streams/web_source.ts",
    tests: ["tests/adapters/web/source_test.ts"],
    faults: [{
      name: "ahead-group",
      breaks: "a source of a group reads ahead, and hands out what it has given back",
      symbol: "WebSource.constructor",
      find: "feed.core.group === undefined ? blockCountMax : 1",
      put: "blockCountMax",
    }],
  }),
  ...faultsOf({
    file: "adapters/node/fed_readable.ts",
    tests: ["tests/adapters/node/fed_readable_test.ts", "tests/adapters/node/source_test.ts"],
    faults: [{
      name: "readable-twice",
      breaks: "a source of node:stream is filled twice at once, which mixes up its order",
      symbol: "FedReadable._read",
      find: "if (this.#isFilling) return;",
      put: "",
    }, {
      name: "readable-asked",
      breaks: "a stream that asks while it is filled is not answered",
      symbol: "FedReadable.#push",
      find: "if (this.push(chunk)) this.#isWanted = true;",
      put: "this.#isWanted = this.push(chunk);",
    }, {
      name: "readable-mark",
      breaks: "a source of node:stream reads ahead for as long as there is something in memory",
      symbol: "FedReadable.#push",
      find: "if (this.push(chunk)) this.#isWanted = true;",
      put: "this.push(chunk); this.#isWanted = true;",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/record_splitter.ts",
    tests: ["tests/adapters/web/bytes_test.ts"],
    faults: [{
      name: "lines-long",
      breaks: "a line without an end is gathered until memory is full",
      symbol: "ByteLines.take",
      find: "this.restByteLength > this.#byteLengthMax ? [...lines, ...this.rest()] : lines",
      put: "lines",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/source_feed.ts",
    tests: ["tests/adapters/web/bytes_test.ts"],
    faults: [{
      name: "batch-count",
      breaks: "a batch takes one message more",
      symbol: "BatchFeed.#fill",
      find: "batch.length < this.#count",
      put: "batch.length <= this.#count",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/source_feed.ts",
    tests: ["tests/adapters/web/bytes_test.ts"],
    faults: [{
      name: "bytes-empty",
      breaks: "an empty body ends a source of bytes",
      symbol: "ByteFeed.next",
      find: "if (chunk.byteLength > 0) return chunk;",
      put: "return chunk;",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/in_flight.ts",
    tests: ["tests/adapters/web/sink_test.ts", "tests/adapters/node/batches_test.ts"],
    faults: [{
      name: "in-flight-border",
      breaks: "a message that is just durable does not count",
      symbol: "InFlight.takeUntil",
      find: "this.#endPositions[this.#head] <= position",
      put: "this.#endPositions[this.#head] < position",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/sink_core.ts",
    tests: ["tests/adapters/web/sink_test.ts"],
    faults: [{
      name: "sink-drain",
      breaks: "a sink closes before all is on the disk",
      symbol: "SinkCore.drain",
      find: 'await this.#port.reached(this.#endPosition, { durability: "flushed" });',
      put: 'await this.#port.reached(this.#endPosition, { durability: "committed" });',
    }, {
      name: "sink-together",
      breaks: "what is on the disk is not counted while more is accepted",
      symbol: "SinkCore.#countUnflushed",
      find: "unflushed.endPosition > this.#port.committedPosition",
      put: "unflushed.endPosition > 0",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/sink_core.ts",
    tests: ["tests/adapters/web/bytes_test.ts"],
    faults: [{
      name: "sink-bytes-rest",
      breaks: "what follows the last delimiter is lost at the end",
      symbol: "SinkCore.drain",
      find: "await this.#appendAll(this.#lines.rest());",
      put: "this.#lines.rest();",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/sink_core.ts",
    tests: ["tests/adapters/node/batches_test.ts"],
    faults: [{
      name: "sink-taken-before",
      breaks: "chunks before one that cannot be taken are lost",
      symbol: "SinkCore.#appendAll",
      find: "return this.#appendBefore(messages, error); } if (messages.length === 0)",
      put: "throw error; } if (messages.length === 0)",
    }, {
      name: "sink-refusal",
      breaks: "one message that is refused takes its batch with it",
      symbol: "SinkCore.#appendAll",
      find: "if (!isRefusal(error)) throw error;",
      put: "throw error;",
    }],
  }),
  ...faultsOf({
    file: "adapters/node/sink_writer.ts",
    tests: ["tests/adapters/node/sink_test.ts", "tests/adapters/node/batches_test.ts"],
    faults: [{
      name: "writer-bytes",
      breaks: "a text counts its characters for its bytes",
      symbol: "bodyByteLength",
      find: "new TextEncoder().encode(body).byteLength",
      put: "body.length",
    }, {
      name: "writer-failed",
      breaks: "end() of a writer that has failed says that all is well",
      symbol: "NodeSinkWriter.end",
      find: "options.signal?.throwIfAborted(); this.#failed.signal.throwIfAborted(); this.#ended",
      put: "options.signal?.throwIfAborted(); this.#ended",
    }, {
      name: "writer-under-way",
      breaks: "end() of a writer does not wait for the writes that are under way",
      symbol: "NodeSinkWriter.#finish",
      find: "await this.#running.idle();",
      put: "",
    }],
  }),
];
