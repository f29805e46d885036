/**
 * Recovery: where the log ends, what is a tail and what is damage, and what has to be mended.
 *
 * @module
 */
export * from "./batch_tracker.ts";
export * from "./last_writer.ts";
export * from "./own_records.ts";
export * from "./repair.ts";
export * from "./store_checkpoint.ts";
export * from "./tail.ts";
