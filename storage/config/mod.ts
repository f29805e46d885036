/**
 * The broker's configuration files that the store keeps too: topics, and the progress of groups.
 *
 * @module
 */
export * from "./broker_json.ts";
export { BrokerFiles } from "./broker_files.ts";
export { ConsumerOffsets, type GroupOffset, isLight } from "./consumer_offsets.ts";
export type { ConfigFileOptions } from "./config_file.ts";
export * from "./read_config.ts";
export * from "./replace_file.ts";
export { TopicsFile } from "./topics_file.ts";
