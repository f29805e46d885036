/**
 * The kernel writes back what it likes when it likes; here chance does.
 *
 * @module
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SeededRandom } from "../../support/random.ts";
import { syncFile, writeBack } from "../../support/raw_calls.ts";

const SPAN_BYTE_LENGTH = 256 * 1024;
const PAGE_BYTE_LENGTH = 4096;

/** What was done to the disk before the cut. */
export interface Nudges {
  /** Ranges written back. */
  writtenBack: number;
  /** Files synced, others than the store had asked for. */
  synced: number;
  /** Journals committed by a file that does not belong to the store. */
  journals: number;
}

/**
 * Writes something back, out of order.
 *
 * @param root Where the disk is mounted.
 * @param path Directory of the store in it.
 * @param random Chooses what.
 * @param nudges Counts it.
 */
export function nudge(root: string, path: string, random: SeededRandom, nudges: Nudges): void {
  const kind = random.pick(["range", "range", "range", "range", "file", "journal"] as const);
  if (kind === "journal") {
    const other = join(root, "other");
    writeFileSync(other, `${random.next(1000)}`);
    syncFile(other);
    nudges.journals++;
    return;
  }
  const files = filesBelow(path);
  if (files.length === 0) return;
  const file = random.pick(files);
  if (kind === "file") {
    syncFile(file);
    nudges.synced++;
    return;
  }
  const from = random.next(SPAN_BYTE_LENGTH / PAGE_BYTE_LENGTH) * PAGE_BYTE_LENGTH;
  writeBack(file, from, PAGE_BYTE_LENGTH * (1 + random.next(16)));
  nudges.writtenBack++;
}

/** Names may go while we look. */
function filesBelow(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return [];
    throw error;
  }
}
