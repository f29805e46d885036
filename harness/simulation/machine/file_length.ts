/**
 * Changes of a file's length.
 *
 * @module
 */
import { pageCount, type SimFile } from "./nodes.ts";
import type { SimKernel } from "./sim_kernel.ts";

/**
 * Sets the length of a file: what is cut off gives its blocks back and reads as zeros if the file
 * grows again; what is added is sparse.
 *
 * @param kernel The machine.
 * @param file The file.
 * @param byteLength Its new length.
 */
export function setFileLength(kernel: SimKernel, file: SimFile, byteLength: number): void {
  // Stores behind the end in the last page must not come to light when the file grows.
  file.clear(Math.min(file.byteLength, byteLength), Infinity, kernel.nextSequence());
  if (byteLength < file.byteLength) file.release(pageCount(byteLength), Infinity);
  file.byteLength = byteLength;
  file.modifiedMs = kernel.scheduler.clock.wallMs;
  file.changed();
}

/** Makes a file at least `byteLength` long. */
export function growFile(kernel: SimKernel, file: SimFile, byteLength: number): void {
  if (byteLength > file.byteLength) setFileLength(kernel, file, byteLength);
}
