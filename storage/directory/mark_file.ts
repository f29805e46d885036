/**
 * The file `streambed/mark`: how far the writer got, for readers in other processes.
 *
 * One small positioned write a committed batch; it also wakes them, because inotify sees a write but not a store
 * through a mapping. Not durable and not needed after a crash.
 *
 * @module
 */
import type { Descriptor, Outcome } from "../../ffi/mod.ts";
import {
  decodeMarkRecord,
  encodeMarkRecord,
  MARK_BYTE_LENGTH,
  MARK_FILE,
  type StreambedMark,
} from "../layout/mod.ts";
import type { StoreDirectory } from "./store_directory.ts";

/** The file, open for its writer or for a reader. */
export class MarkFile {
  /** The file, to watch it. */
  readonly descriptor: Descriptor;
  readonly #directory: StoreDirectory;
  readonly #bytes = new Uint8Array(MARK_BYTE_LENGTH);

  /** Takes over an open file. Use `open()`. */
  constructor(directory: StoreDirectory, descriptor: Descriptor) {
    this.#directory = directory;
    this.descriptor = descriptor;
  }

  /**
   * Opens the file.
   *
   * @param directory The store's directory.
   * @param write Whether to write; makes the file where there is none.
   * @returns The file, or `undefined` if a reader finds none.
   */
  static open(directory: StoreDirectory, write: boolean): MarkFile | undefined {
    const file = directory.openFile(MARK_FILE, { write, create: write });
    return file === undefined ? undefined : new MarkFile(directory, file.descriptor);
  }

  /**
   * Publishes how far the writer got.
   *
   * @param mark The positions.
   * @returns How many bytes, or why it failed. No promise depends on it.
   */
  write(mark: StreambedMark): Outcome {
    encodeMarkRecord(this.#bytes, mark);
    return this.#directory.libc.pwrite(this.descriptor, this.#bytes, 0);
  }

  /**
   * Reads how far the writer got. A read that meets a write half done is tried again.
   *
   * @returns The positions, or `undefined` if the file holds none.
   */
  read(): StreambedMark | undefined {
    for (let attempt = 0; attempt < 8; attempt++) {
      const count = this.#directory.libc.pread(this.descriptor, this.#bytes, 0);
      if (count !== MARK_BYTE_LENGTH) return undefined;
      const mark = decodeMarkRecord(this.#bytes);
      if (mark !== undefined) return mark;
    }
    return undefined;
  }

  /** Closes the file. */
  close(): void {
    this.#directory.libc.close(this.descriptor);
  }
}
