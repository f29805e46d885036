/**
 * How the bytes of index files divide into slots and entries.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { openRoot } from "../storage/directory/mod.ts";
import { listIndexFiles } from "../storage/derived/mod.ts";
import type { Geometry } from "../storage/mod.ts";
import { wholeNumber } from "./arguments.ts";
import { UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";

export interface DivisionOptions {
  readonly indexSlots?: number;
  readonly indexEntries?: number;
}

export function addDivisionOptions(command: Command): Command {
  return command
    .option("--index-slots <n>", "hash slots of an index file", wholeNumber("a count", 1))
    .option("--index-entries <n>", "entries of an index file", wholeNumber("a count", 2));
}

/** The division that was said, if any. */
export function divisionOf(
  { indexSlots: slotCount, indexEntries: entryCount }: DivisionOptions,
): { readonly slotCount: number; readonly entryCount: number } | undefined {
  if (slotCount !== undefined && entryCount !== undefined) return { slotCount, entryCount };
  if (slotCount === entryCount) return undefined;
  throw new UsageError(
    "Cannot divide the index: say --index-slots and --index-entries, or neither",
  );
}

/** Where the division of index files is known from: their entries, a guess, or no file at all. */
export type IndexBasis = "told" | "assumed" | "none";

/** Tells what the index files of a store say of the division that it was opened with. */
export async function indexBasis(
  context: Context,
  { indexSlotCount: slotCount, indexEntryCount: entryCount }: Geometry,
): Promise<IndexBasis> {
  const { libc } = await context.environment();
  const { trustDirectory } = context.options;
  const directory = openRoot(libc, context.directory, { trustDirectory });
  try {
    return listIndexFiles(directory, { slotCount, entryCount }, false).basis;
  } finally {
    directory.close();
  }
}
