/**
 * Opens a directory for reading only. Nothing is written: what a writer would cut or rebuild is
 * overlaid in memory.
 *
 * @module
 */
import { PositionsFile } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { StoreError } from "../errors.ts";
import { Notes } from "../notes.ts";
import type { ResolvedOptions } from "../options.ts";
import { readLivePositions } from "./live_positions.ts";
import { recover } from "./recover.ts";
import {
  closeAll,
  type Opened,
  openStoreRoot,
  readAbort,
  readStoreFiles,
  type StoreFiles,
} from "./store_files.ts";
import { noteUnreadConfig, refuseUnseenConfig } from "./unseen_config.ts";
import { refuseUnseenLog } from "./unseen_log.ts";

const ATTEMPTS = 3;

/** A directory that is ready to be read. */
export interface OpenedReader {
  /** What is in it, in line with the log. */
  readonly files: StoreFiles;
  /** The writer's positions; `undefined` if no writer of ours ever made the file. */
  readonly positions: PositionsFile | undefined;
  readonly committedPosition: number;
  readonly flushedPosition: number;
}

/** Opens a directory for reading. */
export async function openReader(
  environment: Environment,
  path: string,
  options: ResolvedOptions,
): Promise<OpenedReader> {
  for (let attempt = 1;; attempt++) {
    try {
      return await openOnce(environment, path, options);
    } catch (error) {
      // A new writer changes files while they are read; the next attempt sees its positions.
      if (!StoreError.is(error, "CORRUPTED") || attempt === ATTEMPTS) throw error;
      await environment.timers.pause();
    }
  }
}

async function openOnce(
  environment: Environment,
  path: string,
  options: ResolvedOptions,
): Promise<OpenedReader> {
  const notes = new Notes();
  const directory = openStoreRoot(environment, path, options, notes);
  const opened: Opened = [() => directory.close()];
  try {
    const positions = PositionsFile.open(directory);
    opened.push(() => positions?.close());
    const files = readStoreFiles({ environment, directory, options, notes }, opened);
    await refuseUnseenLog(files);
    refuseUnseenConfig(directory);
    noteUnreadConfig(files);
    // After the files, so as not to be older than they are; then the segments again, so that they
    // are not older than the positions.
    const live = readLivePositions(files, positions);
    if (live !== undefined) files.segments.refresh();
    const recovered = await recover(files, live);
    const committedPosition = recovered.end;
    const flushed = live?.flushedPosition ?? knownFlushed(files, positions);
    const flushedPosition = Math.min(flushed, committedPosition);
    // Where another program went on, the walk has found what is ours; a live writer goes on in the
    // last range.
    if (files.last.rule === "foreign") files.identity.learn({ ranges: recovered.ranges });
    return { files, positions, committedPosition, flushedPosition };
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** How far the log is flushed if no writer is alive. */
function knownFlushed(files: StoreFiles, positions: PositionsFile | undefined): number {
  const { last, directory } = files;
  if (last.rule === "foreign" && readAbort(directory) === undefined) return Infinity;
  // The page cache survived the writer, and with it its last positions.
  const said = last.rule === "same-cache" ? positions?.read() : undefined;
  return Math.max(last.mark, said?.flushedPosition ?? 0);
}
