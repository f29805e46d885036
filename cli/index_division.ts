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
 * Tells whether nothing says how the index files of a store divide: they are there, and hold no keys. Then nobody can say what a
 * broker was told.
 *
 * @param context What every command works with.
 * @param options Names the directory.
 * @param geometry What the store has taken.
 * @returns Whether its slots and entries are only assumed.
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
