/**
 * What streams, jobs and the command line share: all that knows the store and no streams.
 *
 * @module
 */
export { asGiven, DoneIterator, type IteratedStream } from "./done_iterator.ts";
export { InFlight } from "./in_flight.ts";
export { Pending } from "./pending.ts";
export { RecordSplitter } from "./record_splitter.ts";
export * from "./rules.ts";
export { type RunParts, RunStop } from "./run_stop.ts";
export { SinkCore } from "./sink_core.ts";
export type * from "./sink_options.ts";
export { SourceCore } from "./source_core.ts";
export * from "./source_feed.ts";
export type * from "./source_options.ts";
export {
  nearestOffset,
  queueIdsOf,
  type Start,
  startOffset,
  TopicReader,
  type TopicReaderOptions,
} from "./topic_reader.ts";
export { watchSignal } from "./watch_signal.ts";
