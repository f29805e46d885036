/**
 * Web Streams over what adapters share, for chunks of any kind.
 *
 * @module
 */
export type { Translate } from "./sink_end.ts";
export { IteratedSource, SourceEnd } from "./source_end.ts";
export { type Sink, WebSink } from "./web_sink.ts";
export {
  BLOCK_COUNT,
  NOTHING_AHEAD,
  type Source,
  type SourceIterator,
  type SourceIteratorOptions,
  VALUES_DOOR,
  WebSource,
} from "./web_source.ts";
