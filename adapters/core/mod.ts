/**
 * What the stream adapters share: the part that knows the store and nothing of streams.
 *
 * @module
 */
export { CommitIterator, type IteratedStream, type Step } from "./commit_iterator.ts";
export { InFlight } from "./in_flight.ts";
export { SinkCore } from "./sink_core.ts";
export {
  checkHighWaterMark,
  HIGH_WATER_MARK,
  type SinkChunk,
  type SinkMessage,
  type SinkOptions,
  type SinkProgress,
} from "./sink_options.ts";
export { SourceCore } from "./source_core.ts";
export type { SourceOptions } from "./source_options.ts";
