/**
 * Verifying a store without changing it, and reading a log in whatever state it is.
 *
 * @module
 */
export { divideIndexFile, IndexFileReader } from "./index_file_reader.ts";
export type {
  FindingArea,
  IndexSummary,
  LogSummary,
  LogTail,
  QueueSummary,
  TailReason,
  UnfinishedBatch,
  VerifyFinding,
  VerifyReport,
} from "./report.ts";
export { type VerifyOptions, verifyStore } from "./verify_store.ts";
