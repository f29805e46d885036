/**
 * Walking over the records of a log, and finding the next one after a gap.
 *
 * @module
 */
import {
  checkRecord,
  type CorruptFound,
  MAGIC_BLANK,
  MAGIC_V1,
  MAGIC_V2,
  type RecordCheck,
  type RecordExpectation,
  RecordView,
} from "../layout/mod.ts";
import type { LogBytes, LogFile } from "./log_files.ts";

/** Enough of a record to know its length. */
const HEAD_BYTE_LENGTH = 128;
const MAGIC_OFFSET = 4;

/** What stands at a position. */
export type LogStep =
  | {
    /** A message; `view` is filled in again by the next step. */
    readonly kind: "message";
    readonly view: RecordView;
    readonly next: number;
  }
  | { readonly kind: "blank"; readonly next: number }
  | { readonly kind: "end" }
  | { readonly kind: "corrupt"; readonly found: CorruptFound }
  | { readonly kind: "badBlank" }
  | { readonly kind: "outside" };

/** Checks what stands at positions of a log, one after the other. */
export class LogScanner {
  readonly #reader: LogBytes;
  readonly #requiresCrc: (position: number) => boolean;
  readonly #view = new RecordView();
  readonly #expected: RecordExpectation = { position: 0, crc: "optional" };

  /**
   * Makes a scanner.
   *
   * @param reader Reads the log.
   * @param requiresCrc Whether the record at a position must carry its whole-record checksum.
   */
  constructor(reader: LogBytes, requiresCrc: (position: number) => boolean) {
    this.#reader = reader;
    this.#requiresCrc = requiresCrc;
  }

  /**
   * Checks what stands at a position.
   *
   * @param position Position in the log.
   * @returns What it is; `outside` if no segment holds the position.
   */
  step(position: number): LogStep {
    const file = this.#reader.fileAt(position);
    if (file === undefined) return { kind: "outside" };
    const found = this.#check(position, file);
    switch (found.kind) {
      case "message":
        return { kind: "message", view: found, next: position + found.byteLength };
      case "blank":
        return found.byteLength === file.to - position
          ? { kind: "blank", next: file.to }
          : { kind: "badBlank" };
      case "end":
        return { kind: "end" };
      default:
        return { kind: "corrupt", found };
    }
  }

  #check(position: number, file: LogFile): RecordCheck {
    const found = this.#checkWindow(position, HEAD_BYTE_LENGTH);
    if (found.kind !== "corrupt" || found.reason !== "short") return found;
    const wanted = found.byteLength ?? 0;
    // A length that the segment cannot hold is not worth reading for.
    return wanted > file.to - position ? found : this.#checkWindow(position, wanted);
  }

  #checkWindow(position: number, wanted: number): RecordCheck {
    const at = this.#reader.at(position, wanted);
    const { bytes, view } = this.#reader;
    this.#expected.position = position;
    this.#expected.crc = this.#requiresCrc(position) ? "required" : "optional";
    return checkRecord(bytes, view, at, bytes.length - at, this.#expected, this.#view);
  }
}

const CHUNK_BYTE_LENGTH = 512 * 1024;
const MAGICS = [MAGIC_V1, MAGIC_V2, MAGIC_BLANK];
const FIRST_MAGIC_BYTES = [MAGIC_V1 >>> 24, MAGIC_BLANK >>> 24];

/**
 * Finds the next position from which the log can be read again: a whole message that says this very position, or
 * a blank that reaches the end of its segment.
 *
 * @param reader Reads the log.
 * @param scanner Checks what is found.
 * @param from First position to try.
 * @returns The position, or `undefined` if there is none up to the end of the log.
 */
export function findNextRecord(
  reader: LogBytes,
  scanner: LogScanner,
  from: number,
): number | undefined {
  for (const file of reader.files) {
    if (file.to <= from) continue;
    const found = findInFile(reader, scanner, file, Math.max(from, file.from));
    if (found !== undefined) return found;
  }
  return undefined;
}

function findInFile(
  reader: LogBytes,
  scanner: LogScanner,
  file: LogFile,
  from: number,
): number | undefined {
  let position = from;
  while (position + MAGIC_OFFSET < file.to) {
    for (const candidate of candidates(reader, position, file)) {
      const { kind } = scanner.step(candidate);
      if (kind === "message" || kind === "blank") return candidate;
    }
    position += CHUNK_BYTE_LENGTH;
  }
  return undefined;
}

/** Positions from `position`, less than a chunk on, at which a magic number stands where it should. */
function candidates(reader: LogBytes, position: number, file: LogFile): number[] {
  const wanted = Math.min(CHUNK_BYTE_LENGTH + MAGIC_OFFSET + 4, file.to - position);
  const at = reader.at(position, wanted);
  const { bytes, view } = reader;
  const last = Math.min(at + wanted, bytes.length) - 4;
  const found: number[] = [];
  for (const first of FIRST_MAGIC_BYTES) {
    let index = bytes.indexOf(first, at + MAGIC_OFFSET);
    while (index >= 0 && index <= last) {
      if (MAGICS.includes(view.getInt32(index))) found.push(position + index - at - MAGIC_OFFSET);
      index = bytes.indexOf(first, index + 1);
    }
  }
  return found.sort((a, b) => a - b);
}

/**
 * Finds the last byte of a log that is not zero.
 *
 * @param reader Reads the log.
 * @param from First position that counts.
 * @returns Position after that byte, or `from` if all are zero.
 */
export function endOfBytes(reader: LogBytes, from: number): number {
  for (const file of [...reader.files].reverse()) {
    if (file.to <= from) break;
    for (let to = file.to; to > Math.max(from, file.from); to -= CHUNK_BYTE_LENGTH) {
      const start = Math.max(from, file.from, to - CHUNK_BYTE_LENGTH);
      const at = reader.at(start, to - start);
      const end = lastByte(reader.bytes, at, at + to - start);
      if (end > at) return start + end - at;
    }
  }
  return from;
}

function lastByte(bytes: Uint8Array, from: number, to: number): number {
  let end = Math.min(to, bytes.length);
  while (end > from && bytes[end - 1] === 0) end--;
  return end;
}
