/**
 * The file `streambed/offsets`; see {@linkcode NextOffsets}.
 *
 * @module
 */
import { replaceFile } from "../broker/mod.ts";
import {
  decodeNextOffsets,
  encodeNextOffsets,
  type NextOffset,
  NextOffsets,
  whyUnread,
} from "../derived/mod.ts";
import { readWholeFile, type StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { NEXT_OFFSETS_FILE } from "../layout/mod.ts";
import type { Notes } from "../notes.ts";

/** Where the file is, and what is known of it. */
export interface OffsetsPlace {
  readonly directory: StoreDirectory;
  readonly environment: Pick<Environment, "random">;
  /** What is durable, in this file or elsewhere. */
  readonly nextOffsets: NextOffsets;
}

/** Reads `streambed/offsets`. */
export function readNextOffsets(directory: StoreDirectory, notes: Notes): NextOffsets {
  const known = new NextOffsets();
  const bytes = readWholeFile(directory, NEXT_OFFSETS_FILE);
  const read = bytes === undefined ? [] : decodeNextOffsets(bytes);
  if (bytes !== undefined && read === undefined) {
    const why = whyUnread(bytes);
    const otherwise = "its files, the snapshot and the groups say";
    notes.add(
      `File ${NEXT_OFFSETS_FILE} ${why}: a queue without messages goes on where ${otherwise}`,
    );
  }
  known.learn(read ?? []);
  return known;
}

/** Saves next offsets that are not durable yet, before what holds them is removed. */
export async function saveOffsets(
  { directory, environment, nextOffsets }: OffsetsPlace,
  wanted: Iterable<NextOffset>,
): Promise<void> {
  const fresh = [...wanted].filter((queue) => !nextOffsets.covers(queue));
  if (fresh.length === 0) return;
  const known = new NextOffsets();
  known.learn(nextOffsets.all);
  known.learn(fresh);
  await replaceFile(directory, NEXT_OFFSETS_FILE, encodeNextOffsets(known.all), {
    random: environment.random,
    backup: false,
  });
  nextOffsets.learn(fresh);
}
