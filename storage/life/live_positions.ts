/**
 * Whether `streambed/positions` describes the log that is there. The file is never synced: after a
 * power cut it may be older than the log, or promise what the log has lost. Until a new writer has
 * written it, it holds the positions of the writer before.
 *
 * @module
 */
import { hasLiveWriter, type PositionsFile } from "../directory/mod.ts";
import type { StreambedPositions } from "../layout/mod.ts";
import type { WalkBound } from "./recover.ts";
import type { StoreFiles } from "./store_files.ts";

/** How far a reader beside a live writer may go. */
export interface LiveEnd extends WalkBound {
  readonly flushedPosition: number;
}

/**
 * Tells who wrote the positions.
 *
 * - `"writer"`: the writer of the directory, or a later one: all below them is there.
 * - `"doubtful"`: the last writer, but on another boot or mount: the log may have lost what they
 *   promise. Or the reader sees the same directory through another mount.
 * - `"outdated"`: a writer before the last one.
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
 * Reads the positions of a live writer; `undefined` if there is none. A broker holds the same lock,
 * but writes no such file.
 */
export function readLivePositions(
  files: StoreFiles,
  file: PositionsFile | undefined,
): LiveEnd | undefined {
  if (file === undefined || !hasLiveWriter(files.directory)) return undefined;
  const said = file.read();
  if (said === undefined) return undefined;
  const whose = whosePositions(said, files);
  const { mark } = files.last;
  if (whose === "outdated") return { to: mark, isPromised: true, flushedPosition: mark };
  const { committedPosition: to, flushedPosition } = said;
  return { to, isPromised: whose === "writer", flushedPosition };
}
