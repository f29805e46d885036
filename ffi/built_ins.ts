/**
 * What the back ends take from Node's built-ins, which all runtimes have.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import process from "node:process";
import { libcOfMaps, type LoadedLibc } from "./loaded_libc.ts";
import type { OwnedDescriptor } from "./native.ts";
import type { LibraryFileStatus } from "./platform.ts";

/** Where the kernel tells what the process has loaded. */
export const MAPS = "/proc/self/maps";

/** The same bytes as a `Buffer`, which addons ask for. */
export function bufferOver({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return Buffer.from(buffer, byteOffset, length);
}

/** The libc that the process has already, as far as the kernel tells. */
export function mappedLibc(): LoadedLibc | undefined {
  return fs.existsSync(MAPS) ? libcOfMaps(fs.readFileSync(MAPS, "utf8")) : undefined;
}

/** The file at a path, links followed; `undefined` if none. */
export function libraryStatus(path: string): LibraryFileStatus | undefined {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  return found && { mode: found.mode, userId: found.uid };
}

/** Calls back at every end of a Worker except `terminate()`; gives what forgets the callback. */
export function onExit(callback: () => void): () => void {
  process.on("exit", callback);
  return () => void process.off("exit", callback);
}

/**
 * Opens an existing file by its absolute path for reading and writing, such that Deno, and Node in
 * a Worker, close it however the program ends; `undefined` if it cannot.
 */
export function openTracked(path: string): OwnedDescriptor | undefined {
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
