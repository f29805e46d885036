/**
 * The index of a store: records by topic, key and time.
 *
 * @module
 */
export type { IndexGeometry } from "./index_geometry.ts";
export type { TimeRange } from "./index_reader.ts";
export { type IndexFileInfo, type IndexOptions, MessageIndex } from "./message_index.ts";
