/**
 * The adapters: a topic as streams, jobs.
 *
 * @module
 */
export {
  type CheckpointInterval,
  job,
  type JobOptions,
  type JobResult,
  type ProcessContext,
  type Selection,
  type TopicRef,
} from "./job/mod.ts";
export {
  type Sink,
  sink,
  sinkBytes,
  type SinkBytesOptions,
  type SinkChunk,
  type SinkMessage,
  type SinkOptions,
  type SinkProgress,
  type Source,
  source,
  sourceBatches,
  type SourceBatchesOptions,
  sourceBytes,
  type SourceBytesOptions,
  type SourceIterator,
  type SourceIteratorOptions,
  type SourceOptions,
} from "./web/mod.ts";
