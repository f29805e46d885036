/**
 * Opening a file by `node:fs`: Deno, and Node in a Worker, close it when the program ends, however it ends.
 *
 * @module
 */
import type { OwnedDescriptor } from "./native.ts";

/** What is used of `node:fs`. */
export interface FileOpener {
  /** Numbers of `O_*`. */
  readonly constants: {
    readonly O_RDWR: number;
    readonly O_NOFOLLOW: number;
    readonly O_NONBLOCK: number;
  };
  /** Opens. */
  openSync(path: string, flags: number): number;
  /** Closes. */
  closeSync(descriptor: number): void;
}

/**
 * Opens a file for reading and writing.
 *
 * @param path Absolute path of a file that is there.
 * @returns The descriptor, or `undefined` if it cannot be opened.
 */
export function openTracked(fs: FileOpener, path: string): OwnedDescriptor | undefined {
  try {
    const { O_RDWR, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const descriptor = fs.openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    return { descriptor, close: () => fs.closeSync(descriptor) };
  } catch (error) {
    // Whatever it is, the file is open already in another way.
    if (error instanceof Error) return undefined;
    throw error;
  }
}
