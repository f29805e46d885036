/**
 * Errors of a store: one function for each situation, named for what happened.
 *
 * @module
 */
export {
  StoreError,
  type StoreErrorCode,
  type StoreErrorDetails,
  type StoreErrorReasons,
  type ValueIssue,
} from "../errors.ts";
export * from "./argument_errors.ts";
export * from "./file_errors.ts";
export * from "./lock_errors.ts";
export * from "./request_errors.ts";
export * from "./value_errors.ts";
