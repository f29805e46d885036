/**
 * Makes the next segment before it is needed.
 *
 * A segment exists durably before a byte in it can be acknowledged: it is made in `streambed/`, where RocketMQ does not
 * look, with all its blocks, and synced. The roll only renames it and syncs the two directories.
 *
 * @module
 */
import { failed, type Outcome, SystemError } from "../../ffi/mod.ts";
import { OWN_FOLDER, type StoreDirectory } from "../directory/mod.ts";
import { DurabilityError } from "../errors.ts";
import { formatSegmentName } from "../layout/mod.ts";
import { ActiveSegment, allocate, type WarmOptions } from "./active_segment.ts";
import { LOG_FOLDER } from "./segment_file.ts";

const PREPARED_NAME = /^next-[0-9]{20}$/;

/** What a prepared segment is like. */
export interface PreparerOptions extends WarmOptions {
  /** Length of a segment, bytes. */
  readonly segmentByteLength: number;
  /** Whether it is mapped for writing. */
  readonly isMapped: boolean;
}

/** Keeps one segment ready. */
export class SegmentPreparer {
  readonly #directory: StoreDirectory;
  readonly #options: PreparerOptions;
  #ready: { base: number; segment: Promise<ActiveSegment> } | undefined;

  /**
   * Makes a preparer; prepares nothing yet.
   *
   * @param directory The store's directory.
   * @param options What a prepared segment is like.
   */
  constructor(directory: StoreDirectory, options: PreparerOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /**
   * Removes what an earlier process prepared and did not use; it may hold bytes.
   *
   * @param directory The store's directory.
   */
  static removeLeftovers(directory: StoreDirectory): void {
    for (const { name } of directory.list(OWN_FOLDER) ?? []) {
      if (PREPARED_NAME.test(name)) directory.remove(`${OWN_FOLDER}/${name}`);
    }
  }

  /**
   * Starts to make a segment. What fails is tried again when it is taken.
   *
   * @param base Position of its first byte.
   */
  prepare(base: number): void {
    if (this.#ready?.base === base) return;
    const segment = this.#make(base);
    segment.catch(() => {});
    this.#ready = { base, segment };
  }

  /**
   * Puts the prepared segment in its place, durably.
   *
   * @param base Position of its first byte.
   * @returns The segment.
   * @throws {DiskFullError} If there is no room for it. It can be tried again.
   * @throws {DurabilityError} If it cannot be synced.
   */
  async take(base: number): Promise<ActiveSegment> {
    this.prepare(base);
    const ready = this.#ready!;
    this.#ready = undefined;
    const segment = await ready.segment.catch((error) => this.#makeAgain(base, error));
    try {
      this.#directory.rename(preparedPath(base), segment.path);
      await this.#syncFolder(LOG_FOLDER);
      await this.#syncFolder(OWN_FOLDER);
      return segment;
    } catch (error) {
      // Nothing was written to it: the next attempt makes another one and puts it over this one.
      await segment.close();
      throw error;
    }
  }

  /** Gives up what is prepared. */
  async close(): Promise<void> {
    const ready = this.#ready;
    this.#ready = undefined;
    if (ready === undefined) return;
    const segment = await ready.segment.catch(() => undefined);
    if (segment === undefined) return;
    await segment.close();
    this.#directory.remove(preparedPath(ready.base));
  }

  /** What failed when it was prepared may be possible by now: room was made, a limit was raised. */
  async #makeAgain(base: number, error: unknown): Promise<ActiveSegment> {
    if (error instanceof DurabilityError) throw error;
    return await this.#make(base);
  }

  async #make(base: number): Promise<ActiveSegment> {
    const { libc } = this.#directory;
    const { segmentByteLength, isMapped } = this.#options;
    const path = preparedPath(base);
    this.#directory.remove(path);
    const file = this.#directory.openFile(path, { write: true, create: "new" })!;
    try {
      await allocate(this.#directory, file.descriptor, segmentByteLength, path);
      refuseFailedSync(await libc.fsyncAsync(file.descriptor), path);
      const segment = new ActiveSegment(this.#directory, base, file.descriptor, isMapped);
      await segment.warm(this.#options);
      return segment;
    } catch (error) {
      libc.close(file.descriptor);
      // A failed allocation may have kept the blocks it got: give them back.
      this.#directory.remove(path);
      throw error;
    }
  }

  async #syncFolder(path: string): Promise<void> {
    const descriptor = this.#directory.openFolder(path);
    if (descriptor === undefined) return;
    const synced = await this.#directory.libc.fsyncAsync(descriptor);
    this.#directory.libc.close(descriptor);
    refuseFailedSync(synced, path);
  }
}

/** A failed sync is told once: it ends the store's writable life, here too. */
function refuseFailedSync(synced: Outcome, path: string): void {
  if (!failed(synced)) return;
  const cause = new SystemError(synced, "sync", path);
  throw new DurabilityError("sync-failed", path, { cause });
}

function preparedPath(base: number): string {
  return `${OWN_FOLDER}/next-${formatSegmentName(base)}`;
}
