/**
 * Verifying a store without changing it, and reading a log in whatever state it is.
 *
 * @module
 */
export { type ClaimPart, type ClaimParts, claimParts } from "./claim_parts.ts";
export { divideIndexFile, IndexFileReader } from "./index_file_reader.ts";
export type { LogTail, VerifyFinding, VerifyReport, VerifyVerdict } from "./report.ts";
export { verifyStore } from "./verify_store.ts";
