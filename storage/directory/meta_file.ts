/**
 * The file `streambed/meta`: two slots, written in turn, each synced before the other is touched.
 *
 * @module
 */
import { check, type Descriptor, failed, type Outcome } from "../../ffi/mod.ts";
import { unsupportedVersion } from "../errors.ts";
import {
  chooseMetaSlot,
  decodeMetaSlot,
  encodeMetaSlot,
  META_FILE,
  META_FILE_BYTE_LENGTH,
  META_FORMAT_VERSION,
  META_SLOT_BYTE_LENGTH,
  metaFormatVersion,
  metaSlotOffset,
  OWN_FOLDER,
  type StreambedMeta,
} from "../layout/mod.ts";
import type { StoreDirectory } from "./store_directory.ts";
import { StoreIdentity } from "./store_identity.ts";
import { readWholeFile, writeFully } from "./whole_file.ts";

/**
 * What the newest intact slot says, or why there is no such slot:
 *
 * - `"unwritten"`: the file is all zeros.
 * - `"unfinished"`: the first write was cut off; one slot is torn, the other empty. Nothing was
 *   promised before it.
 * - `"damaged"`: neither slot is intact, and a cut-off write, which touches one slot, does not
 *   explain it.
 */
export type MetaFound = StreambedMeta | "unwritten" | "unfinished" | "damaged";

/**
 * Judges the bytes of the file.
 *
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If a newer release wrote them.
 */
export function findMeta(bytes: Uint8Array): MetaFound {
  const slots = [0, META_SLOT_BYTE_LENGTH].map((at) =>
    bytes.subarray(at, at + META_SLOT_BYTE_LENGTH)
  );
  slots.forEach(refuseNewerFormat);
  const newest = chooseMetaSlot(decodeMetaSlot(slots[0]), decodeMetaSlot(slots[1]));
  if (newest !== undefined) return newest;
  if (isZero(bytes)) return "unwritten";
  const isFirst = slots.some((slot) => slot.length === META_SLOT_BYTE_LENGTH && isZero(slot));
  return isFirst ? "unfinished" : "damaged";
}

/**
 * Reads the newest intact slot.
 *
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If a newer release wrote the file.
 */
export function readMeta(directory: StoreDirectory): StreambedMeta | undefined {
  const bytes = readWholeFile(directory, META_FILE);
  const found = bytes && findMeta(bytes);
  return typeof found === "object" ? found : undefined;
}

/** The file, open for a writer; {@linkcode MetaFile.open} makes one. */
export class MetaFile {
  readonly #directory: StoreDirectory;
  readonly #descriptor: Descriptor;
  readonly #identity: StoreIdentity;
  #current: StreambedMeta | undefined;
  #writing: Promise<Outcome> | undefined;

  constructor(
    directory: StoreDirectory,
    descriptor: Descriptor,
    identity: StoreIdentity,
    current: StreambedMeta | undefined,
  ) {
    this.#directory = directory;
    this.#descriptor = descriptor;
    this.#identity = identity;
    this.#current = current;
  }

  /** Opens the file, or makes it. */
  static open(
    directory: StoreDirectory,
    current: StreambedMeta | undefined,
    identity: StoreIdentity = new StoreIdentity(),
  ): MetaFile {
    const file = directory.openFile(META_FILE, { write: true, create: true })!;
    const { libc } = directory;
    try {
      if (file.status.byteLength !== META_FILE_BYTE_LENGTH) {
        check(libc.fallocate(file.descriptor, 0, 0, META_FILE_BYTE_LENGTH), "allocate", META_FILE);
        check(libc.fsync(file.descriptor), "sync", META_FILE);
        directory.syncFolder(OWN_FOLDER);
      }
      return new MetaFile(directory, file.descriptor, identity, current);
    } catch (error) {
      libc.close(file.descriptor);
      throw error;
    }
  }

  /** What the file says; `undefined` before the first write. */
  get current(): StreambedMeta | undefined {
    return this.#current;
  }

  /**
   * Writes what changed and makes it durable, off the main thread. Calls run one after the other: a
   * slot must be durable before the only other valid one is overwritten.
   */
  async write(change: Partial<StreambedMeta>): Promise<Outcome> {
    while (this.#writing !== undefined) await this.#writing;
    const generation = (this.#current?.generation ?? 0) + 1;
    this.#writing = this.#put({ ...this.#current, ...change, generation } as StreambedMeta);
    const outcome = await this.#writing;
    this.#writing = undefined;
    return outcome;
  }

  /**
   * Writes the newest slot again and makes it durable: its writer may have died before it was, and
   * the next write goes over the other slot, the only one on the disk.
   */
  async settle(): Promise<Outcome> {
    return this.#current === undefined ? 0 : await this.#put(this.#current);
  }

  /** Closes the file after a write in flight. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    this.#directory.libc.close(this.#descriptor);
  }

  #put(slot: StreambedMeta): Promise<Outcome> {
    const { libc } = this.#directory;
    const at = metaSlotOffset(slot.generation);
    const written = writeFully(libc, this.#descriptor, encodeMetaSlot(slot), at);
    if (failed(written)) return Promise.resolve(written);
    this.#current = slot;
    this.#identity.learn(slot);
    return libc.fdatasyncAsync(this.#descriptor);
  }
}

/** A newer format is not damage: it must not be overwritten. */
function refuseNewerFormat(slot: Uint8Array): void {
  const version = metaFormatVersion(slot);
  if (version === undefined || version === META_FORMAT_VERSION) return;
  throw unsupportedVersion("open store", META_FILE, {
    found: "a file",
    version,
    oldest: META_FORMAT_VERSION,
    newest: META_FORMAT_VERSION,
  });
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
