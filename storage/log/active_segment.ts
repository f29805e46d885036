/**
 * The segment that is written to.
 *
 * @module
 */
import { check, type Descriptor, failed, type Mapping, type Outcome } from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import { diskFull, durabilityLost, type StoreError } from "../errors.ts";
import { LogSegment } from "./log_segment.ts";
import { Populator } from "./populator.ts";
import { segmentPath } from "../layout/mod.ts";
import type { ResolvedOptions } from "../options.ts";
import { ZeroFill } from "./zero_fill.ts";

/** How the pages of a mapped segment are treated: RocketMQ's `warmMapedFileEnable`. */
export type WarmOptions = Pick<ResolvedOptions["tuning"], "warmUp" | "lockMemory">;

/** What to sync of a segment, positions in the log. */
export interface SyncRange {
  readonly from: number;
  readonly to: number;
  /** Position after all that was written so far. */
  readonly written: number;
}

/** A segment open for writing. */
export class ActiveSegment extends LogSegment {
  readonly descriptor: Descriptor;
  /** Writable, on the mapped path only. */
  readonly mapping: Mapping | undefined;
  readonly populator: Populator | undefined;
  readonly #zeroFill: ZeroFill | undefined;
  /** Settles when its name is durable, or could not be made so; `undefined` once it is. */
  naming: Promise<void> | undefined;

  /** Takes over an open file whose blocks are allocated. */
  constructor(
    directory: StoreDirectory,
    base: number,
    descriptor: Descriptor,
    { writePath, tuning }: Pick<ResolvedOptions, "writePath" | "tuning">,
  ) {
    const { libc } = directory;
    const identity = check(libc.fstat(descriptor), "look at", segmentPath(base));
    super(directory, base, identity.byteLength, identity);
    this.descriptor = descriptor;
    if (tuning.zeroFill) this.#zeroFill = new ZeroFill(libc, descriptor, this.byteLength);
    if (writePath === "mapped") {
      this.mapping = check(directory.map(descriptor, this.byteLength, true), "map", this.path);
      this.populator = new Populator(libc, this.mapping);
    }
  }

  override loss(): StoreError<"DURABILITY_LOST"> | undefined {
    const loss = super.loss();
    const { mapping } = this;
    if (loss !== undefined || mapping === undefined) return loss;
    if (!this.directory.hasLostPages(mapping)) return undefined;
    // It may have its length again: stores into lost pages are in no file, and their sync succeeds.
    return durabilityLost("file-shortened", this.path);
  }

  /** Syncs a range off the main thread. */
  sync(range: SyncRange): Promise<Outcome> {
    const { libc } = this.directory;
    const byteLength = this.#syncedByteLength(range);
    if (this.mapping === undefined) return libc.fdatasyncAsync(this.descriptor);
    return libc.msyncAsync(this.mapping, range.from - this.base, byteLength);
  }

  /** The same on this thread. */
  syncHere(range: SyncRange): Outcome {
    const { libc } = this.directory;
    const byteLength = this.#syncedByteLength(range);
    if (this.mapping === undefined) return libc.fdatasync(this.descriptor);
    return libc.msync(this.mapping, range.from - this.base, byteLength);
  }

  /** Zeros that were written ahead are synced too: their blocks are to be old ones. */
  #syncedByteLength({ from, to, written }: SyncRange): number {
    const zerosTo = this.#zeroFill?.before(to - from, written - this.base) ?? 0;
    return Math.max(to, this.base + zerosTo) - from;
  }

  /** Touches and locks the pages as asked; appends work also where the kernel refuses. */
  async warm(options: WarmOptions): Promise<void> {
    if (this.mapping === undefined) return;
    if (options.warmUp) {
      this.populator!.askFor(0, this.byteLength);
      await this.populator!.settled();
    }
    if (options.lockMemory) this.directory.libc.mlock(this.mapping, 0, this.byteLength);
  }

  /** Unmaps and closes, as soon as no other thread works on its pages, or on its name. */
  async close(): Promise<void> {
    const { libc } = this.directory;
    // Who waits for the name is told of its failure; here it is enough that the call has ended.
    await this.naming?.catch(() => {});
    if (this.mapping !== undefined) {
      await this.populator!.stop();
      libc.munmap(this.mapping);
    }
    libc.close(this.descriptor);
  }
}

/**
 * Allocates the blocks of a whole file, so that no later store or sync can fail for want of room.
 *
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
