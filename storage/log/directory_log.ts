/**
 * The segments of a directory in any state: nothing is refused, nothing is written.
 *
 * @module
 */
import type { FileKind } from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import { segmentDeleted } from "../errors.ts";
import { LOG_FOLDER, parseSegmentName } from "../layout/mod.ts";
import {
  bytesOfDescriptor,
  type FileBytes,
  type ReadableSegment,
  type ReadableSegments,
} from "./segment_reader.ts";

/** An entry of the folder. */
export interface LogFolderEntry {
  readonly path: string;
  /** The position in its name; `undefined` if it is not the name of a segment. */
  readonly base: number | undefined;
  readonly kind: FileKind;
}

/** Lists the folder of a log by name, which is by position; empty if there is no folder. */
export function listLogFolder(directory: StoreDirectory): LogFolderEntry[] {
  return (directory.list(LOG_FOLDER) ?? []).map(({ name, kind }) => {
    return { path: `${LOG_FOLDER}/${name}`, base: parseSegmentName(name), kind };
  });
}

/** A segment as its folder shows it. */
export interface LogFile {
  readonly path: string;
  /** Position of its first byte. */
  readonly base: number;
  readonly end: number;
}

/** What a folder of segments holds. */
export interface LogListing {
  /** Segments in order of position, empty ones left out. */
  readonly files: readonly LogFile[];
  /** Files whose name is not a position. */
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

/** Opens a file for reading; `undefined` if it is missing. */
export function openBytes(directory: StoreDirectory, path: string): FileBytes | undefined {
  const opened = directory.openFile(path);
  return opened &&
    bytesOfDescriptor(directory.libc, opened.descriptor, opened.status.byteLength, path);
}

/** Listed segments, one of them open at a time. */
export class DirectoryLog implements ReadableSegments {
  readonly all: readonly ReadableSegment[];
  readonly #directory: StoreDirectory;
  #file: FileBytes | undefined;

  constructor(directory: StoreDirectory, files: readonly LogFile[]) {
    this.#directory = directory;
    this.all = files.map(({ path, base, end }) => ({
      path,
      base,
      end,
      read: (offset, target) => this.#open(path).read(offset, target),
      data: (range) => this.#open(path).data?.(range) ?? [range],
    }));
  }

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
