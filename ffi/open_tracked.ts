/**
 * Opening a file by `node:fs`: Deno, and Node in a Worker, close it however the program ends.
 *
 * @module
 */
import type { OwnedDescriptor } from "./native.ts";

export interface FileOpener {
  readonly constants: {
    readonly O_RDWR: number;
    readonly O_NOFOLLOW: number;
    readonly O_NONBLOCK: number;
  };
  openSync(path: string, flags: number): number;
  closeSync(descriptor: number): void;
}

/**
 * Opens an existing file by its absolute path for reading and writing; `undefined` if it cannot.
 */
export function openTracked(fs: FileOpener, path: string): OwnedDescriptor | undefined {
  try {
    const { O_RDWR, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const descriptor = fs.openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    return { descriptor, close: () => fs.closeSync(descriptor) };
  } catch (error) {
    // Whatever the reason, the file is open already in another way.
    if (error instanceof Error) return undefined;
    throw error;
  }
}
