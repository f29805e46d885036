/**
 * The queues of a store: where each message of a topic is in the log.
 *
 * @module
 */
export { ConsumeQueue } from "./consume_queue.ts";
export { EntryBatch } from "./entry_batch.ts";
export { queueFolder, type QueueKind, type QueueName } from "./entry_format.ts";
export { type EntryQueue, OFFSET_MAX } from "./entry_queue.ts";
export type { QueueTableOptions } from "./queue_context.ts";
export { findEntriesPerFile, listTopicFolder } from "./queue_discovery.ts";
export { QueueTable } from "./queue_table.ts";
