/**
 * A topic as a Web Stream: {@linkcode sink} to write to, {@linkcode source} to read from.
 *
 * @module
 */
export { Sink, sink } from "./sink.ts";
export type { SinkChunk, SinkMessage, SinkOptions, SinkProgress } from "./sink_options.ts";
export { Source, source } from "./source.ts";
export type { SourceOptions } from "./source_options.ts";
