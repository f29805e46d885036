/**
 * Whether `streambed/positions` speaks of the log that is there. The file is never synced, so after
 * a power cut it may be older than the log, or promise what the log has lost; and until a new
 * writer has written it, it is the one before it that speaks.
 *
 * @module
 */
import { hasLiveWriter, type PositionsFile } from "../directory/mod.ts";
import type { StreambedPositions } from "../layout/mod.ts";
import type { WalkBound } from "./recover.ts";
import type { StoreFiles } from "./store_files.ts";

/** How far a reader beside a live writer may go. */
export interface LiveEnd {
  /** Where its walk ends. */
  readonly bound: WalkBound;
  /** Position after the last byte that is known to be flushed. */
  readonly flushedPosition: number;
}

/**
 * Tells whose word the positions are.
 *
 * - `"writer"`: that of the writer which the directory was found with, or of a later one: all below
 *   it is there.
 * - `"doubtful"`: that of the last writer, but from another boot or mount: the log may have lost
 *   what it speaks of. Or the reader sees the same directory through another mount.
 * - `"outdated"`: that of a writer before the last one.
 */
export function whosePositions(
  said: StreambedPositions,
  { meta, last }: Pick<StoreFiles, "meta" | "last">,
): "writer" | "doubtful" | "outdated" {
  const epoch = meta?.epoch ?? 0;
  if (said.epoch !== epoch) return said.epoch > epoch ? "writer" : "outdated";
  return last.rule === "same-cache" ? "writer" : "doubtful";
}

/**
 * Reads what a writer that is alive says. A broker holds the same lock, but writes no such file.
 *
 * @param file The file, if there is one.
 * @returns How far a reader may go; `undefined` if there is no writer to ask.
 */
export function readLivePositions(
  files: StoreFiles,
  file: PositionsFile | undefined,
): LiveEnd | undefined {
  if (file === undefined || !hasLiveWriter(files.directory)) return undefined;
  const said = file.read();
  if (said === undefined) return undefined;
  const { committedPosition, flushedPosition } = said;
  const whose = whosePositions(said, files);
  if (whose === "outdated") {
    const known = files.last.mark;
    return { bound: { to: known, isPromised: true }, flushedPosition: known };
  }
  const isPromised = whose === "writer";
  return { bound: { to: committedPosition, isPromised }, flushedPosition };
}
