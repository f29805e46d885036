/**
 * What can go wrong, as a caller sees it.
 *
 * Switch on `code` (and `reason` where one code has several); messages are for people and may change.
 * A wrong argument is a `TypeError` or a `RangeError`, thrown before anything is done, with the code that
 * Node gives it (`ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`); a failed system call
 * that no class here describes is a `SystemError`.
 *
 * @module
 */
export * from "./argument_errors.ts";
export * from "./file_errors.ts";
export * from "./request_errors.ts";
export * from "./store_error.ts";
