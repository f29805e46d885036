/**
 * The life of an open store: opened, recovered, written, followed, kept within its limits, closed.
 *
 * @module
 */
export { DelayProgress } from "./delay_progress.ts";
export type { Groups } from "./groups.ts";
export { keepGeometry, type KeptGeometry } from "./kept_geometry.ts";
export { saveAllOffsets } from "./kept_offsets.ts";
export { abortSignature, cacheIdentity, findLastWriter, type LastWriter } from "./last_writer.ts";
export { whosePositions } from "./live_positions.ts";
export { LogFollower } from "./log_follower.ts";
export { giveUpFront } from "./log_front.ts";
export { openReader } from "./open_reader.ts";
export { type OpenedWriter, openWriter } from "./open_writer.ts";
export { OwnRecords } from "./own_records.ts";
export { rebuildStart } from "./recover.ts";
export { ReaderGroups } from "./reader_groups.ts";
export { openForWriting, removeSegmentsBehind, zeroTail } from "./repair.ts";
export { openStoreRoot, readAbort, type StoreFiles } from "./store_files.ts";
export { StoreWriter } from "./store_writer.ts";
export { startOfOpening, tellOpened } from "./told_opening.ts";
export { findUnseenLog } from "./unseen_log.ts";
