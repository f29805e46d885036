/**
 * Files of RocketMQ beside the log: topics, progress of groups, its checkpoint.
 *
 * @module
 */
export { BrokerFiles } from "./broker_files.ts";
export {
  type BrokerJson,
  type BrokerObject,
  parseBrokerJson,
  printBrokerJson,
  RawNumber,
} from "./broker_json.ts";
export type { ConfigFileOptions } from "./config_file.ts";
export { compareOffsets, ConsumerOffsets, type GroupOffset } from "./consumer_offsets.ts";
export { DelayOffsets } from "./delay_offsets.ts";
export { decodeConfig, describeMissing, describeUnread, keptName } from "./read_config.ts";
export { removeTemporaries, replaceFile } from "./replace_file.ts";
export {
  type DurableEverywhere,
  openIndexStart,
  readStoreCheckpoint,
  writeStoreCheckpoint,
} from "./store_checkpoint.ts";
export { type BrokerTimer, TimerCheckpoint } from "./timer_checkpoint.ts";
export { queueCounts, TopicsFile } from "./topics_file.ts";
