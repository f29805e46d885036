/**
 * The file `streambed/meta`: two slots, written in turn, each synced before the other is touched.
 *
 * @module
 */
import { check, type Descriptor, failed, type Outcome } from "../../ffi/mod.ts";
import {
  chooseMetaSlot,
  decodeMetaSlot,
  encodeMetaSlot,
  META_FILE_BYTE_LENGTH,
  META_SLOT_BYTE_LENGTH,
  metaSlotOffset,
  type StreambedMeta,
} from "../layout/mod.ts";
import type { StoreDirectory } from "./store_directory.ts";
import { readFully, readWholeFile, writeFully } from "./whole_file.ts";

/** Our own folder below the root. RocketMQ never looks there. */
export const OWN_FOLDER = "streambed";
/** Path of the file. */
export const META_FILE = "streambed/meta";

/**
 * Reads the newest valid slot.
 *
 * @param directory The store's directory.
 * @returns What it says, or `undefined` if there is none.
 */
export function readMeta(directory: StoreDirectory): StreambedMeta | undefined {
  const bytes = readWholeFile(directory, META_FILE);
  return bytes === undefined ? undefined : newestSlot(bytes);
}

/** The file, open for a writer. */
export class MetaFile {
  readonly #directory: StoreDirectory;
  readonly #descriptor: Descriptor;
  #current: StreambedMeta | undefined;
  #writing: Promise<Outcome> | undefined;

  /** Takes over an open file. Use `open()`. */
  constructor(
    directory: StoreDirectory,
    descriptor: Descriptor,
    current: StreambedMeta | undefined,
  ) {
    this.#directory = directory;
    this.#descriptor = descriptor;
    this.#current = current;
  }

  /**
   * Opens the file, making it where there is none.
   *
   * @param directory The store's directory; `streambed/` must be there.
   * @returns The open file.
   */
  static open(directory: StoreDirectory): MetaFile {
    const file = directory.openFile(META_FILE, { write: true, create: true })!;
    const { libc } = directory;
    const bytes = new Uint8Array(META_FILE_BYTE_LENGTH);
    try {
      check(readFully(libc, file.descriptor, bytes, 0), "read", META_FILE);
      if (file.status.byteLength !== META_FILE_BYTE_LENGTH) {
        check(libc.fallocate(file.descriptor, 0, 0, META_FILE_BYTE_LENGTH), "allocate", META_FILE);
        check(libc.fsync(file.descriptor), "sync", META_FILE);
        directory.syncFolder(OWN_FOLDER);
      }
    } catch (error) {
      libc.close(file.descriptor);
      throw error;
    }
    return new MetaFile(directory, file.descriptor, newestSlot(bytes));
  }

  /** What the file says; `undefined` before the first write. */
  get current(): StreambedMeta | undefined {
    return this.#current;
  }

  /**
   * Writes what changed and makes it durable, off the main thread. Calls are carried out one after the other, because a slot must
   * be durable before the only other valid one is overwritten.
   *
   * @param change What changed.
   * @returns 0, or why it failed.
   */
  async write(change: Partial<StreambedMeta> | StreambedMeta): Promise<Outcome> {
    while (this.#writing !== undefined) await this.#writing;
    const writing = this.#writeSlot(change);
    this.#writing = writing;
    const outcome = await writing;
    this.#writing = undefined;
    return outcome;
  }

  /** Closes the file, once a write in flight is done. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    this.#directory.libc.close(this.#descriptor);
  }

  #writeSlot(change: Partial<StreambedMeta>): Promise<Outcome> {
    const { libc } = this.#directory;
    const generation = (this.#current?.generation ?? 0) + 1;
    const next = { ...this.#current, ...change, generation } as StreambedMeta;
    const written = writeFully(
      libc,
      this.#descriptor,
      encodeMetaSlot(next),
      metaSlotOffset(generation),
    );
    if (failed(written)) return Promise.resolve(written);
    this.#current = next;
    return libc.fdatasyncAsync(this.#descriptor);
  }
}

function newestSlot(bytes: Uint8Array): StreambedMeta | undefined {
  const first = decodeMetaSlot(bytes.subarray(0, META_SLOT_BYTE_LENGTH));
  const second = decodeMetaSlot(bytes.subarray(META_SLOT_BYTE_LENGTH, META_FILE_BYTE_LENGTH));
  return chooseMetaSlot(first, second);
}
