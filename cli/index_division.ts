/**
 * Whether the slots and entries of index files are known.
 *
 * @module
 */
import { openRoot } from "../storage/directory/mod.ts";
import { listIndexFiles } from "../storage/derived/mod.ts";
import type { Geometry } from "../storage/mod.ts";
import type { Context, GlobalOptions } from "./context.ts";

/**
 * Whether the division of a store's index files is only assumed: they are there and hold no keys.
 */
export async function isIndexAssumed(
  context: Context,
  options: GlobalOptions,
  { indexSlotCount: slotCount, indexEntryCount: entryCount }: Geometry,
): Promise<boolean> {
  const { libc } = await context.environment();
  const directory = openRoot(libc, context.directory(options), {
    write: false,
    create: false,
    trustDirectory: options.trustDirectory ?? false,
    note: () => {},
  });
  try {
    return listIndexFiles(directory, { slotCount, entryCount }, false).assumption !== undefined;
  } finally {
    directory.close();
  }
}
