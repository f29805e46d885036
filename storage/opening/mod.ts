/**
 * Opening a directory, for writing or for reading.
 *
 * @module
 */
export { saveAllOffsets } from "./kept_offsets.ts";
export { whosePositions } from "./live_positions.ts";
export { giveUpFront } from "./log_front.ts";
export { saveOffsets } from "./offsets_file.ts";
export { type OpenedReader, openReader } from "./open_reader.ts";
export { closeWriter, type OpenedWriter, openWriter } from "./open_writer.ts";
export { rebuildStart } from "./rebuild_start.ts";
export { recoverWhole, type WalkBound } from "./recover.ts";
export { closeStoreFiles, openStoreRoot, readAbort, type StoreFiles } from "./store_files.ts";
export { findUnseenLog } from "./unseen_log.ts";
