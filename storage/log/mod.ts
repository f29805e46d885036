/**
 * The log: appending to it, flushing it, walking it.
 *
 * @module
 */
export * from "./append_request.ts";
export * from "./bytes.ts";
export * from "./directory_log.ts";
export * from "./failure.ts";
export * from "./flusher.ts";
export * from "./log_writer.ts";
export * from "./notifier.ts";
export * from "./position_waiters.ts";
export * from "./search.ts";
export * from "./staging_buffer.ts";
export * from "./walk.ts";
export * from "./write_path.ts";
