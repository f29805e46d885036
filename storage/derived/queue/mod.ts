/**
 * The queues of a store: where each message of a topic is in the log.
 *
 * @module
 */
export { EntryBatch } from "./entry_batch.ts";
export { queueFolder, type QueueKind } from "./entry_format.ts";
export { type EntryQueue, OFFSET_MAX } from "./entry_queue.ts";
export { listTopicFolder } from "./queue_discovery.ts";
export { QueueTable, type QueueTableOptions } from "./queue_table.ts";
