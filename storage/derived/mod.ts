/**
 * What is derived from the log and can be rebuilt from it: queues, index and hidden ranges.
 *
 * @module
 */
export { otherVersion, whyUnread } from "./checked_json.ts";
export { Derived } from "./derived.ts";
export {
  batchCount,
  isHalf,
  lightEntries,
  recordEntries,
  type RecordEntry,
  recordKeys,
} from "./dispatch.ts";
export { type HiddenRange, HiddenRanges } from "./hidden.ts";
export {
  fitGeometry,
  type IndexGeometry,
  type IndexSource,
  listIndexFiles,
  MessageIndex,
  readIndexEntry,
  readIndexHeader,
  tellGeometry,
} from "./index/mod.ts";
export {
  decodeNextOffsets,
  encodeNextOffsets,
  type NextOffset,
  NextOffsets,
} from "./next_offsets.ts";
export {
  ConsumeQueue,
  EntryBatch,
  type EntryQueue,
  findEntriesPerFile,
  listTopicFolder,
  OFFSET_MAX,
  queueFolder,
  type QueueKind,
  type QueueName,
  QueueTable,
} from "./queue/mod.ts";
export {
  decodeSnapshot,
  type DerivedSnapshot,
  encodeSnapshot,
  type SnapshotRecord,
} from "./snapshot.ts";
export { StagedEntries } from "./staged_entries.ts";
