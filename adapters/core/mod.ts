/**
 * What the stream adapters share: the part that knows the store and nothing of streams.
 *
 * @module
 */
export { DoneIterator, type IteratedStream, type Step } from "./done_iterator.ts";
export { InFlight } from "./in_flight.ts";
export { SinkCore } from "./sink_core.ts";
export {
  DONE_DOOR,
  HIGH_WATER_MARK,
  SINK_DOOR,
  SINK_PLACE,
  SINK_ROWS,
  SOURCE_DOOR,
  SOURCE_PLACE,
  SOURCE_ROWS,
} from "./rules.ts";
export type { SinkChunk, SinkMessage, SinkOptions, SinkProgress } from "./sink_options.ts";
export { SourceCore } from "./source_core.ts";
export type { SourceOptions } from "./source_options.ts";
export { nearestOffset, type Start, startOffset } from "./start.ts";
export { TopicReader } from "./topic_reader.ts";
