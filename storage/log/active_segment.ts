/**
 * The segment that is written to.
 *
 * @module
 */
import {
  check,
  type Descriptor,
  failed,
  type FileStatus,
  type Mapping,
  type Outcome,
} from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import { diskFull, durabilityLost, type StoreError } from "../errors.ts";
import { Populator } from "./populator.ts";
import { segmentLoss } from "./segment_loss.ts";
import { segmentPath } from "../layout/mod.ts";

/** How the pages of a mapped segment are treated: RocketMQ's `warmMapedFileEnable`. */
export interface WarmOptions {
  /** Whether all of it is touched before use. */
  readonly warmUp: boolean;
  /** Whether it is kept in memory. */
  readonly lockMemory: boolean;
}

/** A segment open for writing: its descriptor, its mapping where one is asked for, and what it must stay. */
export class ActiveSegment {
  /** Position of its first byte. */
  readonly base: number;
  /** Its length, bytes. */
  readonly byteLength: number;
  /** Open for reading and writing. */
  readonly descriptor: Descriptor;
  /** Writable mapping, on the mapped path. */
  readonly mapping: Mapping | undefined;
  /** Makes its pages present, on the mapped path. */
  readonly populator: Populator | undefined;
  readonly #directory: StoreDirectory;
  readonly #identity: FileStatus;

  /**
   * Takes over an open file whose blocks are allocated.
   *
   * @param directory The store's directory.
   * @param base Position of its first byte.
   * @param descriptor The file, open for reading and writing.
   * @param isMapped Whether to map it for writing.
   */
  constructor(
    directory: StoreDirectory,
    base: number,
    descriptor: Descriptor,
    isMapped: boolean,
  ) {
    this.#directory = directory;
    this.base = base;
    this.descriptor = descriptor;
    this.#identity = check(directory.libc.fstat(descriptor), "look at", this.path);
    this.byteLength = this.#identity.byteLength;
    this.mapping = isMapped ? this.#map() : undefined;
    this.populator = this.mapping && new Populator(directory.libc, this.mapping);
  }

  /** Position after its last byte. */
  get end(): number {
    return this.base + this.byteLength;
  }

  /** Path below the root, once it is in its folder. */
  get path(): string {
    return segmentPath(this.base);
  }

  /**
   * Tells whether the file still is what was written to: same file under the same name, same length. Without it an acknowledgement
   * would speak of bytes that nobody will find.
   *
   * @returns What happened to it, or `undefined` if nothing did.
   */
  loss(): StoreError<"DURABILITY_LOST"> | undefined {
    const loss = segmentLoss(this.#directory, this.path, this.byteLength, this.#identity);
    if (loss !== undefined || !this.#hasLostPages()) return loss;
    // It may have its length again; what was stored meanwhile is in no file, and a sync of that succeeds.
    return durabilityLost("file-shortened", this.path);
  }

  /**
   * Makes a range durable, off the main thread.
   *
   * @param from Position of the first byte.
   * @param to Position after the last byte.
   * @returns 0, or why it failed.
   */
  sync(from: number, to: number): Promise<Outcome> {
    const { libc } = this.#directory;
    if (this.mapping === undefined) return libc.fdatasyncAsync(this.descriptor);
    return libc.msyncAsync(this.mapping, from - this.base, to - from);
  }

  /**
   * Makes its pages present, and keeps them, as asked. Advice only: where the kernel refuses it, appends work all the same.
   *
   * @param options What is asked; nothing happens where there is no mapping.
   */
  async warm(options: WarmOptions): Promise<void> {
    if (this.mapping === undefined) return;
    if (options.warmUp) {
      this.populator!.askFor(0, this.byteLength);
      await this.populator!.settled();
    }
    if (options.lockMemory) this.#directory.libc.mlock(this.mapping, 0, this.byteLength);
  }

  /** Unmaps and closes, as soon as no other thread works on its pages. */
  async close(): Promise<void> {
    const { libc } = this.#directory;
    if (this.mapping !== undefined) {
      await this.populator!.stop();
      libc.munmap(this.mapping);
    }
    libc.close(this.descriptor);
  }

  #map(): Mapping {
    return check(this.#directory.map(this.descriptor, this.byteLength, true), "map", this.path);
  }

  #hasLostPages(): boolean {
    return this.mapping !== undefined && this.#directory.hasLostPages(this.mapping);
  }
}

/**
 * Allocates the blocks of a whole file, so that no later store or sync can fail for want of room.
 *
 * @param directory The store's directory.
 * @param descriptor The file.
 * @param byteLength Its length.
 * @param path Path for messages.
 * @throws {StoreError<"DISK_FULL">} If there is no room.
 */
export async function allocate(
  directory: StoreDirectory,
  descriptor: Descriptor,
  byteLength: number,
  path: string,
): Promise<void> {
  const { libc } = directory;
  const allocated = await libc.fallocateAsync(descriptor, 0, 0, byteLength);
  if (!failed(allocated)) return;
  // The other thread's errno is lost: ask again here, where it is kept.
  const again = libc.fallocate(descriptor, 0, 0, byteLength);
  if (failed(again) && (again.code === "ENOSPC" || again.code === "EDQUOT")) {
    throw diskFull(path, byteLength, { cause: again });
  }
  check(again, "allocate", path);
}
