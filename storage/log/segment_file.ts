/**
 * One segment of the log, open for reading.
 *
 * Reads go through a read-only mapping, made at the first read, or by `pread` where a mapping is
 * not trusted or was refused.
 *
 * @module
 */
import { check, type Descriptor, failed, type Mapping, type Outcome } from "../../ffi/mod.ts";
import { readFully } from "../directory/mod.ts";
import { damagedLog, type StoreError } from "../errors.ts";
import { type DataRange, dataRanges, readAhead } from "./data_ranges.ts";
import { LogSegment } from "./log_segment.ts";

/** A segment of the log, open or not. */
export class SegmentFile extends LogSegment {
  /** Whether it is read without mapping, because another program may cut it. */
  isSurrendered = false;
  #descriptor: Descriptor | undefined;
  #mapping: Mapping | undefined;

  get isMapped(): boolean {
    return this.#mapping !== undefined;
  }

  /** Whether its mapping has lost pages: what was read since may be zeros. */
  get hasLostPages(): boolean {
    return this.#mapping !== undefined && this.directory.hasLostPages(this.#mapping);
  }

  /** A read-only descriptor, kept until {@linkcode close}. */
  descriptor(): Descriptor {
    this.#descriptor ??= this.#open();
    return this.#descriptor;
  }

  /** The read-only mapping, kept until {@linkcode close}; `undefined` if surrendered or refused. */
  mapping(): Mapping | undefined {
    if (this.#mapping === undefined) {
      if (this.isSurrendered) return undefined;
      const mapped = this.directory.map(this.descriptor(), this.byteLength, false);
      if (failed(mapped)) return undefined;
      this.#mapping = mapped;
    }
    return this.#mapping;
  }

  /**
   * Fills `target` by `pread`: a cut by another program is an error, not a signal.
   *
   * @throws {StoreError<"CORRUPTED">} If the file is shorter than it was.
   */
  read(offset: number, target: Uint8Array): number {
    const { libc } = this.directory;
    const count = check(readFully(libc, this.descriptor(), target, offset), "read", this.path);
    if (count < target.length) {
      const position = this.base + offset + count;
      throw this.#damaged("wrong-length", "the file was cut", position);
    }
    return count;
  }

  /** The stretches of a range that may hold anything but zeros, in order. */
  data(range: DataRange): Iterable<DataRange> {
    return dataRanges(this.directory.libc, this.descriptor(), range);
  }

  /** As {@linkcode read}, but the kernel reads nothing ahead. */
  readAlone(offset: number, target: Uint8Array): number {
    const { libc } = this.directory;
    readAhead(libc, this.descriptor(), false);
    const count = this.read(offset, target);
    readAhead(libc, this.descriptor(), true);
    return count;
  }

  /** Asks for a read lease; `EAGAIN` while the file is open for writing. */
  takeLease(): Outcome {
    const { libc } = this.directory;
    const chosen = libc.setLeaseSignal(this.descriptor(), libc.constants.SIGURG);
    return failed(chosen) ? chosen : libc.setLease(this.descriptor(), "read");
  }

  /** Unmaps, then gives the lease back, after which the file may be cut. */
  surrender(): void {
    const { libc } = this.directory;
    this.isSurrendered = true;
    if (this.#mapping !== undefined) libc.munmap(this.#mapping);
    this.#mapping = undefined;
    libc.setLease(this.descriptor(), "none");
  }

  /** Unmaps and closes. Views that were lent have length 0 afterwards. It can be used again. */
  close(): void {
    const { libc } = this.directory;
    if (this.#mapping !== undefined) libc.munmap(this.#mapping);
    if (this.#descriptor !== undefined) libc.close(this.#descriptor);
    this.#mapping = undefined;
    this.#descriptor = undefined;
    this.isSurrendered = false;
  }

  #open(): Descriptor {
    const file = this.directory.openFile(this.path);
    if (file === undefined) {
      throw this.#damaged("missing-segment", "the segment is gone", this.base);
    }
    const { byteLength } = file.status;
    if (byteLength !== this.byteLength) {
      this.directory.libc.close(file.descriptor);
      const detail = `the segment has ${byteLength} bytes instead of ${this.byteLength}`;
      throw this.#damaged("wrong-length", detail, this.base);
    }
    this.identity ??= file.status;
    return file.descriptor;
  }

  #damaged(
    reason: "missing-segment" | "wrong-length",
    detail: string,
    position: number,
  ): StoreError<"CORRUPTED"> {
    return damagedLog(reason, "read log", detail, { path: this.path, position });
  }
}
