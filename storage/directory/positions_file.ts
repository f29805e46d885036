/**
 * The file `streambed/positions`: how far the writer got, for readers in other processes.
 *
 * Each committed batch makes one small write, which also wakes readers: inotify sees a write, but
 * not a store through a mapping. The content is not durable, nor needed after a crash.
 *
 * @module
 */
import { type Descriptor, type FileStatus, isSameFile, type Outcome } from "../../ffi/mod.ts";
import {
  decodePositions,
  encodePositions,
  OLD_POSITIONS_FILE,
  OWN_FOLDER,
  POSITIONS_BYTE_LENGTH,
  POSITIONS_FILE,
  type StreambedPositions,
} from "../layout/mod.ts";
import type { OpenedFile } from "./owned_files.ts";
import type { StoreDirectory } from "./store_directory.ts";

/** The file, open for its writer or a reader; `open()` and `openForWriter()` make one. */
export class PositionsFile {
  readonly path: string;
  readonly descriptor: Descriptor;
  readonly #directory: StoreDirectory;
  readonly #status: FileStatus;
  readonly #bytes = new Uint8Array(POSITIONS_BYTE_LENGTH);

  constructor(directory: StoreDirectory, path: string, { descriptor, status }: OpenedFile) {
    this.#directory = directory;
    this.path = path;
    this.descriptor = descriptor;
    this.#status = status;
  }

  /** Opens the file to read it; the newer one where an older release left two. */
  static open(directory: StoreDirectory): PositionsFile | undefined {
    const own = PositionsFile.#openAt(directory, POSITIONS_FILE);
    let old: PositionsFile | undefined;
    try {
      old = PositionsFile.#openAt(directory, OLD_POSITIONS_FILE);
    } catch (error) {
      own?.close();
      throw error;
    }
    if (own === undefined || old === undefined) return own ?? old;
    const isOwnNewer = (own.read()?.epoch ?? -1) >= (old.read()?.epoch ?? -1);
    (isOwnNewer ? old : own).close();
    return isOwnNewer ? own : old;
  }

  static #openAt(directory: StoreDirectory, path: string): PositionsFile | undefined {
    const file = directory.openFile(path);
    return file && new PositionsFile(directory, path, file);
  }

  /** Opens the file to write it, or makes it. */
  static openForWriter(directory: StoreDirectory): PositionsFile {
    replaceOldName(directory);
    const file = directory.openFile(POSITIONS_FILE, { write: true, create: true })!;
    return new PositionsFile(directory, POSITIONS_FILE, file);
  }

  /** Opens the file that a writer of an older release has begun meanwhile, if any. */
  openNewer(): PositionsFile | undefined {
    const old = this.#directory.status(OLD_POSITIONS_FILE);
    if (old === undefined || isSameFile(old, this.#status)) return undefined;
    const found = PositionsFile.open(this.#directory);
    if (found === undefined || !isSameFile(found.#status, this.#status)) return found;
    found.close();
    return undefined;
  }

  write(positions: StreambedPositions): Outcome {
    encodePositions(this.#bytes, positions);
    return this.#directory.libc.pwrite(this.descriptor, this.#bytes, 0);
  }

  /** Reads how far the writer got; tries again while a write is half done. */
  read(): StreambedPositions | undefined {
    for (let attempt = 0; attempt < 8; attempt++) {
      const count = this.#directory.libc.pread(this.descriptor, this.#bytes, 0);
      if (count !== POSITIONS_BYTE_LENGTH) return undefined;
      const positions = decodePositions(this.#bytes);
      if (positions !== undefined) return positions;
    }
    return undefined;
  }

  close(): void {
    this.#directory.libc.close(this.descriptor);
  }
}

/**
 * Renames a file with the old name, so that readers of any release that have it open go on with it;
 * of two files, the one with the older content goes.
 */
function replaceOldName(directory: StoreDirectory): void {
  if (directory.status(OLD_POSITIONS_FILE) === undefined) return;
  const newest = PositionsFile.open(directory);
  newest?.close();
  if (newest?.path === OLD_POSITIONS_FILE) directory.rename(OLD_POSITIONS_FILE, POSITIONS_FILE);
  else directory.remove(OLD_POSITIONS_FILE);
  directory.syncFolder(OWN_FOLDER);
}
