/**
 * What the next writer would derive anew.
 *
 * @module
 */
import { resolveOptions } from "../arguments/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { StoreError } from "../errors.ts";
import { scanStart } from "./recover.ts";
import { closeStoreFiles, readStoreFiles } from "./store_files.ts";

/**
 * Tells where the walk of the next opening would start: queues and index are brought in line with the log from there on. Changes
 * nothing.
 *
 * @returns The position; `undefined` if the next opening would refuse the directory before it walks.
 */
export async function rebuildStart(
  environment: Environment,
  directory: StoreDirectory,
): Promise<number | undefined> {
  try {
    const options = resolveOptions({ readOnly: true });
    const files = await readStoreFiles(environment, directory, options, []);
    const start = scanStart(files);
    await closeStoreFiles(files);
    return start;
  } catch (error) {
    if (StoreError.is(error) && error.code !== "SYSTEM") return undefined;
    throw error;
  }
}
