/**
 * What streams, jobs and the command line share: all that knows the store and no streams.
 *
 * @module
 */
export { DoneIterator, type IteratedStream } from "./done_iterator.ts";
export { InFlight } from "./in_flight.ts";
export { Pending } from "./pending.ts";
export { RecordSplitter } from "./record_splitter.ts";
export { SignalWatch } from "./signal_watch.ts";
export { SinkCore } from "./sink_core.ts";
export {
  DELIMITER,
  DELIMITER_TEXT,
  DONE_DOOR,
  HIGH_WATER_MARK,
  SINK_BYTES_DOOR,
  SINK_DOOR,
  SINK_ROWS,
  sinkDoor,
  SOURCE_BATCHES_DOOR,
  SOURCE_BYTES_DOOR,
  SOURCE_BYTES_ROWS,
  SOURCE_DOOR,
  SOURCE_ROWS,
  sourceDoor,
  type StreamDoor,
} from "./rules.ts";
export type {
  SinkBytesOptions,
  SinkChunk,
  SinkMessage,
  SinkOptions,
  SinkProgress,
  Written,
} from "./sink_options.ts";
export { SourceCore } from "./source_core.ts";
export {
  BatchFeed,
  ByteFeed,
  checkedDone,
  type MessageFeed,
  type SourceFeed,
} from "./source_feed.ts";
export type { SourceBatchesOptions, SourceBytesOptions, SourceOptions } from "./source_options.ts";
export { nearestOffset, type Start, startOffset, TopicReader } from "./topic_reader.ts";
