/**
 * Reading: queues, keys, positions.
 *
 * @module
 */
export * from "./batch_reader.ts";
export * from "./find.ts";
export * from "./lend_records.ts";
export * from "./queue_iterator.ts";
export * from "./queue_view.ts";
export * from "./read_context.ts";
export * from "./record_message.ts";
export * from "./record_reader.ts";
