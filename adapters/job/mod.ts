/**
 * A stream job with exactly-once effect: {@linkcode job}.
 *
 * @module
 */
export { job } from "./job.ts";
export type {
  Emit,
  JobOptions,
  JobResult,
  JobSource,
  ProcessContext,
  SnapshotInterval,
} from "./options.ts";
