/**
 * Every byte of a store directory: layouts, encoders, decoders. Pure functions over bytes; no I/O,
 * no clock.
 *
 * @module
 */
export * from "./atomic_batch.ts";
export * from "./batch_queue_entry.ts";
export * from "./blank_record.ts";
export * from "./byte_slab.ts";
export * from "./claim_file.ts";
export * from "./clock_ahead.ts";
export * from "./crc32.ts";
export * from "./decode_message.ts";
export * from "./decompress_body.ts";
export * from "./define_layout.ts";
export * from "./delayed_message.ts";
export * from "./encode_message.ts";
export * from "./hex.ts";
export * from "./host_address.ts";
export * from "./i64.ts";
export * from "./index_entry.ts";
export * from "./index_header.ts";
export * from "./index_name.ts";
export * from "./inner_batch.ts";
export * from "./java_hash.ts";
export * from "./log_ranges.ts";
export * from "./lz4_frame.ts";
export * from "./members.ts";
export * from "./message_id.ts";
export * from "./message_input.ts";
export * from "./message_properties.ts";
export * from "./message_record.ts";
export * from "./meta_codec.ts";
export * from "./names.ts";
export * from "./plain_record.ts";
export * from "./prepare_message.ts";
export * from "./queue_entry.ts";
export * from "./queue_extension.ts";
export * from "./record_crc.ts";
export * from "./record_view.ts";
export * from "./reserved_properties.ts";
export * from "./segment_name.ts";
export * from "./sent_back.ts";
export * from "./store_checkpoint_record.ts";
export * from "./streambed_positions.ts";
export * from "./streambed_meta.ts";
export * from "./tags_code.ts";
export * from "./timed_message.ts";
export * from "./timer_checkpoint_record.ts";
export * from "./topic_name.ts";
export * from "./utf8.ts";
