/**
 * Opening a directory, for writing or for reading.
 *
 * @module
 */
export * from "./kept_offsets.ts";
export * from "./live_positions.ts";
export * from "./log_front.ts";
export * from "./offsets_file.ts";
export * from "./open_reader.ts";
export * from "./open_writer.ts";
export * from "./rebuild_start.ts";
export * from "./recover.ts";
export * from "./store_files.ts";
export * from "./unseen_config.ts";
export * from "./unseen_log.ts";
