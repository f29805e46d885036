/**
 * What the kernel tells about the mappings of this process in `/proc/self/smaps`.
 *
 * @module
 */
import { readProcess } from "../../support/beside_grants.ts";

/** The entry of one mapped file. */
export interface MappingEntry {
  /** Bytes that are not yet on the disk, of the pages that were touched through the mapping. */
  readonly dirtyByteLength: number;
  /** Two-letter flags, for example `"dd"` for memory that is left out of core dumps. */
  readonly flags: readonly string[];
}

/**
 * Finds the entry of a file that is mapped once.
 *
 * @param path Its absolute path.
 * @returns The entry.
 */
export function readMappingEntry(path: string): MappingEntry {
  const entries = readProcess("smaps").split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  const found = entries.filter((entry) => entry.split("\n", 1)[0]?.endsWith(` ${path}`));
  const [entry] = found;
  if (entry === undefined || found.length > 1) {
    throw new Error(`Cannot find the mapping of "${path}": ${found.length} entries name it`);
  }
  return {
    dirtyByteLength: kibibytes(entry, "Shared_Dirty") + kibibytes(entry, "Private_Dirty"),
    flags: /^VmFlags: (.*)$/m.exec(entry)?.[1]?.trim().split(" ") ?? [],
  };
}

function kibibytes(entry: string, field: string): number {
  return Number(new RegExp(`^${field}: +([0-9]+) kB$`, "m").exec(entry)?.[1]) * 1024;
}
