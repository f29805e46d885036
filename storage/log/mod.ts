/**
 * The log: its segments and bytes, appending and flushing, walking and finding its end.
 *
 * @module
 */
export { ActiveSegment } from "./active_segment.ts";
export { type AppendQueue, AppendRequest } from "./append_request.ts";
export { BatchTracker } from "./batch_tracker.ts";
export {
  bytesOfDescriptor,
  type FileBytes,
  type FilePlace,
  type ReadableSegment,
  type ReadableSegments,
  SegmentReader,
  segmentsOfFile,
  wholeFile,
} from "./segment_reader.ts";
export { DirectoryLog, listLog, type LogListing, openBytes } from "./directory_log.ts";
export { Failure } from "./failure.ts";
export { LeaseKeeper } from "./lease_keeper.ts";
export { type LogEnd, LogWriter } from "./log_writer.ts";
export { type ClosedEnd, describeLostEnd } from "./lost_end.ts";
export { Notifier } from "./notifier.ts";
export { Populator } from "./populator.ts";
export { endOfBytes, findNextRecord } from "./search.ts";
export { SegmentFile } from "./segment_file.ts";
export { SegmentList } from "./segment_list.ts";
export { SegmentPreparer } from "./segment_preparer.ts";
export { judgeTail, type TailEvidence, type TailRule, type TailVerdict } from "./judge_tail.ts";
export { type LogStop, LogWalker, type WalkEnd, walkLog } from "./walk.ts";
export type { StagingBuffer } from "./staging_buffer.ts";
export { MappedPath, StagedPath } from "./write_path.ts";
