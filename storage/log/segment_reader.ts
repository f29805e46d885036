/**
 * The bytes of a log, read by `pread` through a window.
 *
 * Nothing is mapped: a file cut short raises no signal, and a segment of a gigabyte takes the
 * memory of the window. The source says where the segments lie: in the open store, a directory in
 * any state, or one file.
 *
 * @module
 */
import { check, type Descriptor, type Libc } from "../../ffi/mod.ts";
import { readFully } from "../directory/mod.ts";
import { type DataRange, dataRanges } from "./data_ranges.ts";

/** What is read at a time: short enough to be in the processor's cache when it is checked. */
export const WINDOW_BYTE_LENGTH: number = 1024 * 1024;

const NO_BYTES = new Uint8Array(0);

/** The bytes of an open file. */
export interface FileBytes {
  /** For messages. */
  readonly path: string;
  readonly byteLength: number;
  /** Reads until `target` is full or the file ends; gives how many bytes. */
  read(offset: number, target: Uint8Array): number;
  /** See {@linkcode ReadableSegment.data}. */
  data?(range: DataRange): Iterable<DataRange>;
  close(): void;
}

/** A stretch of positions whose bytes lie in one file. */
export interface ReadableSegment {
  /** For messages. */
  readonly path: string;
  /** Position of its first byte. */
  readonly base: number;
  readonly end: number;
  /** Reads until `target` is full or the file ends; gives how many bytes. */
  read(offset: number, target: Uint8Array): number;
  /**
   * The stretches of a range of offsets that may hold anything but zeros, in order. Left out where
   * all of it may.
   */
  data?(range: DataRange): Iterable<DataRange>;
}

/** Segments in order of position. */
export interface ReadableSegments {
  readonly all: readonly ReadableSegment[];
}

/** Reads segments through a window. */
export class SegmentReader {
  bytes: Uint8Array = NO_BYTES;
  view: DataView = new DataView(NO_BYTES.buffer);
  /** The segment under the window. */
  segment: ReadableSegment | undefined = undefined;
  readonly #source: ReadableSegments;
  readonly #to: number;
  readonly #windowByteLength: number;
  #buffer: Uint8Array<ArrayBuffer> = NO_BYTES;
  #windowFrom = 0;

  /** `to`: nothing is read from there on; `windowByteLength`: 1 MiB by default. */
  constructor(
    source: ReadableSegments,
    options: { readonly to?: number | undefined; readonly windowByteLength?: number } = {},
  ) {
    this.#source = source;
    this.#to = options.to ?? Infinity;
    this.#windowByteLength = options.windowByteLength ?? WINDOW_BYTE_LENGTH;
  }

  get segments(): readonly ReadableSegment[] {
    return this.#source.all;
  }

  segmentAt(position: number): ReadableSegment | undefined {
    const { all } = this.#source;
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (all[middle].end > position) high = middle;
      else low = middle + 1;
    }
    const segment = all[low];
    return segment !== undefined && segment.base <= position && position < this.#to
      ? segment
      : undefined;
  }

  /** Position after the last byte of a segment that may be read. */
  endOf(segment: ReadableSegment): number {
    return Math.min(segment.end, this.#to);
  }

  /**
   * Moves the window over `byteLength` bytes at `position`, or up to the end of the segment. Gives
   * the offset of `position` in `bytes`; -1 if no segment holds it.
   */
  at(position: number, byteLength: number): number {
    const offset = position - this.#windowFrom;
    if (offset >= 0 && offset + byteLength <= this.bytes.length) return offset;
    const segment = this.segmentAt(position);
    if (segment === undefined) return -1;
    const wanted = Math.min(byteLength, this.endOf(segment) - position);
    const isThere = segment === this.segment && offset >= 0 &&
      offset + wanted <= this.bytes.length;
    if (isThere) return offset;
    this.#load(segment, position, wanted);
    return 0;
  }

  /** Lends bytes until the next call: those asked for, or up to the end of their segment. */
  lend(position: number, byteLength: number): Uint8Array {
    const at = this.at(position, byteLength);
    return at < 0 ? NO_BYTES : this.bytes.subarray(at, at + byteLength);
  }

  /** Frees the window. */
  release(): void {
    this.#buffer = NO_BYTES;
    this.#setWindow(undefined, 0, 0);
  }

  #load(segment: ReadableSegment, position: number, wanted: number): void {
    const usual = Math.min(this.#windowByteLength, segment.end - segment.base);
    const byteLength = Math.max(usual, wanted);
    if (byteLength > this.#buffer.length) this.#buffer = new Uint8Array(byteLength);
    // After a failed read the window holds neither old nor new bytes.
    this.#setWindow(undefined, position, 0);
    const room = Math.min(this.#buffer.length, this.endOf(segment) - position);
    const count = segment.read(position - segment.base, this.#buffer.subarray(0, room));
    this.#setWindow(segment, position, count);
  }

  #setWindow(segment: ReadableSegment | undefined, from: number, byteLength: number): void {
    this.segment = segment;
    this.#windowFrom = from;
    this.bytes = this.#buffer.subarray(0, byteLength);
    this.view = new DataView(this.#buffer.buffer, 0, byteLength);
  }
}

/** Where in a file which part of a log lies. */
export interface FilePlace {
  /** First position of the log in it. */
  readonly from: number;
  /** Position after the last one. */
  readonly to: number;
  readonly segmentByteLength: number;
  /** Offset of position `from` in the file. */
  readonly offset: number;
}

/** A log that lies in one file: segments one after the other, the last of them cut at `to`. */
export function segmentsOfFile(file: FileBytes, place: FilePlace): ReadableSegments {
  const { from, to, segmentByteLength } = place;
  const { path } = file;
  const all: ReadableSegment[] = [];
  for (let base = from; base < to; base += segmentByteLength) {
    const shift = base - from + place.offset;
    const read = (offset: number, target: Uint8Array) => file.read(offset + shift, target);
    all.push({ path, base, end: base + segmentByteLength, read });
  }
  return { all };
}

/** A file of any kind, as one segment from position 0 on. */
export function wholeFile(file: FileBytes): ReadableSegments {
  const { byteLength } = file;
  const place = { from: 0, to: byteLength, segmentByteLength: byteLength, offset: 0 };
  return segmentsOfFile(file, place);
}

/** The bytes behind an open descriptor. */
export function bytesOfDescriptor(
  libc: Libc,
  descriptor: Descriptor,
  byteLength: number,
  path: string,
): FileBytes {
  return {
    path,
    byteLength,
    read: (offset, target) => check(readFully(libc, descriptor, target, offset), "read", path),
    data: (range) => dataRanges(libc, descriptor, range),
    close: () => void libc.close(descriptor),
  };
}
