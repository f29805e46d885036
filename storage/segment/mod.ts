/**
 * Segments: the files of the log, one by one and in order.
 *
 * @module
 */
export * from "./active_segment.ts";
export * from "./lease_keeper.ts";
export * from "./log_folder.ts";
export * from "./populator.ts";
export * from "./segment_file.ts";
export * from "./segment_list.ts";
export * from "./segment_preparer.ts";
