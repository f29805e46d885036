/**
 * The segments of a directory, whatever state they are in: nothing is refused and nothing is
 * written.
 *
 * @module
 */
import type { StoreDirectory } from "../directory/mod.ts";
import { segmentDeleted } from "../errors.ts";
import { listLogFolder } from "./log_folder.ts";
import {
  bytesOfDescriptor,
  type FileBytes,
  type ReadableSegment,
  type ReadableSegments,
} from "./bytes.ts";

/** A segment as its folder shows it. */
export interface LogFile {
  /** Path below the root. */
  readonly path: string;
  /** Position of its first byte. */
  readonly base: number;
  /** Position after its last byte. */
  readonly end: number;
}

/** What a folder of segments holds. */
export interface LogListing {
  /** Segments in order of position, empty ones left out. */
  readonly files: readonly LogFile[];
  /** Files whose names are no position. */
  readonly foreign: readonly string[];
  /** Segments of length 0. */
  readonly empty: readonly string[];
}

/** Lists the segments of a directory. */
export function listLog(directory: StoreDirectory): LogListing {
  const files: LogFile[] = [];
  const foreign: string[] = [];
  const empty: string[] = [];
  for (const { path, base, kind } of listLogFolder(directory)) {
    if (kind === "directory") continue;
    const byteLength = directory.status(path)?.byteLength ?? 0;
    if (base === undefined) foreign.push(path);
    else if (byteLength === 0) empty.push(path);
    else files.push({ path, base, end: base + byteLength });
  }
  return { files, foreign, empty };
}

/** Opens a file of a directory for reading; `undefined` if there is none. */
export function openBytes(directory: StoreDirectory, path: string): FileBytes | undefined {
  const opened = directory.openFile(path);
  return opened &&
    bytesOfDescriptor(directory.libc, opened.descriptor, opened.status.byteLength, path);
}

/** Listed segments, one of them open at a time. */
export class DirectoryLog implements ReadableSegments {
  /** The segments, in order of position. */
  readonly all: readonly ReadableSegment[];
  readonly #directory: StoreDirectory;
  #file: FileBytes | undefined;

  /** Names the segments; opens nothing. */
  constructor(directory: StoreDirectory, files: readonly LogFile[]) {
    this.#directory = directory;
    this.all = files.map(({ path, base, end }) => ({
      path,
      base,
      end,
      read: (offset, target) => this.#open(path).read(offset, target),
    }));
  }

  /** Closes the open segment, if any. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #open(path: string): FileBytes {
    if (this.#file?.path === path) return this.#file;
    this.close();
    this.#file = openBytes(this.#directory, path);
    if (this.#file === undefined) throw segmentDeleted("read", path);
    return this.#file;
  }
}
