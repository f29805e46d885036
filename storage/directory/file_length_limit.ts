/**
 * The limit of a process for the length of its files (`ulimit -f`). A write beyond it raises
 * SIGXFSZ, which kills Deno, so the limit is checked before.
 *
 * @module
 */
import { failed, type Libc } from "../../ffi/mod.ts";
import { fileLimitTooLow } from "../errors.ts";

/**
 * Refuses to make a file that the limit does not allow.
 *
 * @throws {StoreError<"LIMIT_TOO_LOW">} If the limit is lower.
 */
export function refuseLongFile(libc: Libc, byteLength: number, action: string): void {
  const limit = libc.resourceLimit("fileByteLength");
  if (failed(limit) || limit.soft >= byteLength) return;
  throw fileLimitTooLow(action, limit.soft, byteLength);
}
