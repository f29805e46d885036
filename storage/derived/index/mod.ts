/**
 * The index of a store: records by topic, key and time.
 *
 * @module
 */
export { listIndexFiles } from "./index_folder.ts";
export { fitGeometry, tellGeometry } from "./index_geometry.ts";
export {
  type IndexGeometry,
  type IndexSource,
  readIndexEntry,
  readIndexHeader,
} from "./index_reader.ts";
export { KeyColumns } from "./key_columns.ts";
export { type IndexFileInfo, type IndexOptions, MessageIndex } from "./message_index.ts";
