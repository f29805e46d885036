/**
 * Faults of all areas of the source.
 *
 * @module
 */
import type { PlantedFault } from "./planted_fault.ts";
import { FLUSHING_FAULTS } from "./flushing_faults.ts";
import { WRITING_FAULTS } from "./writing_faults.ts";
import { CONSUME_FAULTS } from "./consume_faults.ts";
import { REFUSED_FAULTS } from "./refused_faults.ts";
import { RETRY_FAULTS } from "./retry_faults.ts";
import { SALVAGE_FAULTS } from "./salvage_faults.ts";
import { READING_FAULTS } from "./reading_faults.ts";
import { CHECKING_FAULTS } from "./checking_faults.ts";
import { LOG_FAULTS } from "./log_faults.ts";
import { LZ4_FAULTS } from "./lz4_faults.ts";
import { LOG_DIRECTORIES_FAULTS } from "./log_directories_faults.ts";
import { OPENING_FAULTS } from "./opening_faults.ts";
import { ENDS_FAULTS } from "./ends_faults.ts";
import { DELAY_FAULTS } from "./delay_faults.ts";
import { DERIVED_FAULTS } from "./derived_faults.ts";
import { GROUPS_FAULTS } from "./groups_faults.ts";
import { KEEPING_FAULTS } from "./keeping_faults.ts";
import { ADAPTERS_FAULTS } from "./adapters_faults.ts";
import { CHECKPOINTS_FAULTS } from "./checkpoints_faults.ts";
import { CLI_FAULTS } from "./cli_faults.ts";
import { ARGUMENTS_FAULTS } from "./arguments_faults.ts";
import { MISSING_FAULTS } from "./missing_faults.ts";
import { BYTES_FAULTS } from "./bytes_faults.ts";
import { NAMING_FAULTS } from "./naming_faults.ts";
import { MESSAGES_FAULTS } from "./messages_faults.ts";
import { TIMED_FAULTS } from "./timed_faults.ts";
import { TOPICS_FAULTS } from "./topics_faults.ts";
import { TURNS_FAULTS } from "./turns_faults.ts";
import { EVENTS_FAULTS } from "./events_faults.ts";
import { BENCH_FAULTS } from "./bench_faults.ts";
import { PACKAGE_FAULTS } from "./package_faults.ts";

/** All faults but those that the simulator alone plants. */
export const AREA_FAULTS: readonly PlantedFault[] = [
  ...WRITING_FAULTS,
  ...FLUSHING_FAULTS,
  ...NAMING_FAULTS,
  ...READING_FAULTS,
  ...CHECKING_FAULTS,
  ...LOG_FAULTS,
  ...LZ4_FAULTS,
  ...OPENING_FAULTS,
  ...ENDS_FAULTS,
  ...LOG_DIRECTORIES_FAULTS,
  ...DERIVED_FAULTS,
  ...KEEPING_FAULTS,
  ...GROUPS_FAULTS,
  ...DELAY_FAULTS,
  ...REFUSED_FAULTS,
  ...RETRY_FAULTS,
  ...SALVAGE_FAULTS,
  ...CONSUME_FAULTS,
  ...TIMED_FAULTS,
  ...ADAPTERS_FAULTS,
  ...CHECKPOINTS_FAULTS,
  ...TOPICS_FAULTS,
  ...CLI_FAULTS,
  ...ARGUMENTS_FAULTS,
  ...BYTES_FAULTS,
  ...TURNS_FAULTS,
  ...MESSAGES_FAULTS,
  ...MISSING_FAULTS,
  ...EVENTS_FAULTS,
  ...BENCH_FAULTS,
  ...PACKAGE_FAULTS,
];
