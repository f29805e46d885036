/**
 * The segments of a log, read by `pread`, whatever state they are in.
 *
 * Nothing here is mapped and nothing is written, so a damaged log, or one that somebody writes to, can be
 * read as it is.
 *
 * @module
 */
import { check, type Descriptor, quotePath } from "../../ffi/mod.ts";
import { LOG_FOLDER, readFully, type StoreDirectory } from "../directory/mod.ts";
import { parseSegmentName } from "../layout/mod.ts";
import type { TailLog } from "../recovery/mod.ts";

/** One file of the log. */
export interface LogFile {
  /** Path below the root. */
  readonly path: string;
  /** Position of its first byte. */
  readonly from: number;
  /** Position after its last byte. */
  readonly to: number;
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

/**
 * Lists the segments of a log.
 *
 * @param directory The store's directory.
 * @returns What is there; nothing at all if there is no such folder.
 */
export function listLog(directory: StoreDirectory): LogListing {
  const files: LogFile[] = [];
  const foreign: string[] = [];
  const empty: string[] = [];
  for (const entry of directory.list(LOG_FOLDER) ?? []) {
    const path = `${LOG_FOLDER}/${entry.name}`;
    if (entry.kind === "directory") continue;
    const from = parseSegmentName(entry.name);
    const byteLength = directory.status(path)?.byteLength ?? 0;
    if (from === undefined) foreign.push(path);
    else if (byteLength === 0) empty.push(path);
    else files.push({ path, from, to: from + byteLength });
  }
  return { files, foreign, empty };
}

const WINDOW_BYTE_LENGTH = 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

/** A log that can be read through a window. */
export interface LogBytes {
  /** The segments, in order of position. */
  readonly files: readonly LogFile[];
  /** Bytes of the window. */
  readonly bytes: Uint8Array;
  /** The same bytes. */
  readonly view: DataView;
  /**
   * Finds the segment that holds a position.
   *
   * @param position Position in the log.
   * @returns The segment, or `undefined` if none does.
   */
  fileAt(position: number): LogFile | undefined;
  /**
   * Moves the window so that it holds `byteLength` bytes at `position`, or all that the segment has.
   *
   * @param position Position in the log, inside a segment.
   * @param byteLength Bytes that are wanted.
   * @returns Offset of `position` in {@linkcode LogBytes.bytes}, which may end before `byteLength`.
   */
  at(position: number, byteLength: number): number;
}

/** The segments of a directory; reads are short only at the end of a segment. */
export class LogReader implements LogBytes {
  /** The segments, in order of position. */
  readonly files: readonly LogFile[];
  /** Bytes of the window. */
  bytes: Uint8Array = NO_BYTES;
  /** The same bytes. */
  view: DataView = new DataView(NO_BYTES.buffer);
  readonly #directory: StoreDirectory;
  #buffer: Uint8Array;
  #file: LogFile | undefined;
  #descriptor: Descriptor | undefined;
  #windowFrom = 0;

  /**
   * Makes a reader.
   *
   * @param directory The store's directory.
   * @param files The segments, in order of position.
   */
  constructor(directory: StoreDirectory, files: readonly LogFile[]) {
    this.#directory = directory;
    this.files = files;
    const longest = files.reduce((most, { from, to }) => Math.max(most, to - from), 0);
    this.#buffer = new Uint8Array(Math.min(WINDOW_BYTE_LENGTH, longest));
  }

  /**
   * Finds the segment that holds a position.
   *
   * @param position Position in the log.
   * @returns The segment, or `undefined` if none does.
   */
  fileAt(position: number): LogFile | undefined {
    let low = 0;
    let high = this.files.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.files[middle].to > position) high = middle;
      else low = middle + 1;
    }
    const file = this.files[low];
    return file !== undefined && file.from <= position ? file : undefined;
  }

  /**
   * Moves the window so that it holds `byteLength` bytes at `position`, or all that the segment has.
   *
   * @param position Position in the log, inside a segment.
   * @param byteLength Bytes that are wanted.
   * @returns Offset of `position` in {@linkcode LogReader.bytes}, which may end before `byteLength`.
   */
  at(position: number, byteLength: number): number {
    const file = this.fileAt(position);
    if (file === undefined) {
      throw new RangeError(`Cannot read log: position ${position} is in no segment`);
    }
    const wanted = Math.min(byteLength, file.to - position);
    const offset = position - this.#windowFrom;
    if (file === this.#file && offset >= 0 && offset + wanted <= this.bytes.length) return offset;
    this.#load(file, position, wanted);
    return 0;
  }

  /** Closes the open segment, if any. The reader can still be used. */
  close(): void {
    if (this.#descriptor !== undefined) this.#directory.libc.close(this.#descriptor);
    this.#descriptor = undefined;
    this.#file = undefined;
    this.#setWindow(0, 0);
  }

  #load(file: LogFile, position: number, wanted: number): void {
    const descriptor = this.#open(file);
    if (wanted > this.#buffer.length) this.#buffer = new Uint8Array(wanted);
    const room = Math.min(this.#buffer.length, file.to - position);
    const target = this.#buffer.subarray(0, room);
    const read = readFully(this.#directory.libc, descriptor, target, position - file.from);
    this.#setWindow(position, check(read, "read", file.path));
  }

  #open(file: LogFile): Descriptor {
    if (file === this.#file && this.#descriptor !== undefined) return this.#descriptor;
    this.close();
    const opened = this.#directory.openFile(file.path);
    if (opened === undefined) {
      throw new RangeError(`Cannot read ${quotePath(file.path)}: it was deleted meanwhile`);
    }
    this.#file = file;
    this.#descriptor = opened.descriptor;
    return opened.descriptor;
  }

  #setWindow(from: number, byteLength: number): void {
    this.#windowFrom = from;
    this.bytes = this.#buffer.subarray(0, byteLength);
    this.view = new DataView(this.#buffer.buffer, 0, byteLength);
  }
}

/**
 * Gives a log to the judge of its end.
 *
 * @param reader Reads the log.
 * @returns The same log. What a file that was cut meanwhile lacks reads as zeros.
 */
export function tailLog(reader: LogBytes): TailLog {
  const all = reader.files.map(({ from, to }) => ({
    base: from,
    end: to,
    read: (offset: number, target: Uint8Array) => {
      const at = reader.at(from + offset, target.length);
      const bytes = reader.bytes.subarray(at, at + target.length);
      target.fill(0).set(bytes);
    },
  }));
  return { all };
}
