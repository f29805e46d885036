/**
 * The queues of a store: where each message of a topic is in the log.
 *
 * @module
 */
export * from "./entry_batch.ts";
export { queueFolder, type QueueKind } from "./entry_format.ts";
export * from "./entry_queue.ts";
export type { SyncResult } from "./queue_context.ts";
export * from "./next_offsets.ts";
export {
  decodeQueueSnapshot,
  encodeQueueSnapshot,
  type IndexSnapshotEntry,
  type QueueSnapshot,
  type QueueSnapshotEntry,
} from "./queue_snapshot.ts";
export { listTopicFolder } from "./queue_discovery.ts";
export * from "./queue_table.ts";
