/**
 * The index of a store: records by topic, key and time.
 *
 * @module
 */
export { type IndexListing, listIndexFiles } from "./index_folder.ts";
export { fitGeometry, type IndexGeometry, tellGeometry } from "./index_geometry.ts";
export type { IndexSource, TimeRange } from "./index_reader.ts";
export { type IndexFileInfo, type IndexOptions, MessageIndex } from "./message_index.ts";
