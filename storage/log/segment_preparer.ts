/**
 * Makes the next segment before it is needed.
 *
 * It is made in `streambed/`, where RocketMQ does not look, with all its blocks, and synced. The
 * roll only renames it. Its name is made durable while records already go into it: nothing in it
 * counts as flushed before that.
 *
 * @module
 */
import { type Descriptor, failed, type Libc, type Outcome, systemError } from "../../ffi/mod.ts";
import { logHomeFor, type StoreDirectory } from "../directory/mod.ts";
import { durabilityLost, StoreError } from "../errors.ts";
import { ActiveSegment, allocate } from "./active_segment.ts";
import {
  formatSegmentName,
  isSegmentName,
  LOG_FOLDER,
  OWN_FOLDER,
  PREPARED_PREFIX,
} from "../layout/mod.ts";
import type { ResolvedOptions } from "../options.ts";

/** A prepared segment, and the directory that it is made in. */
interface PreparedSegment {
  readonly home: StoreDirectory;
  readonly segment: ActiveSegment;
}

/** Keeps one segment ready. */
export class SegmentPreparer {
  readonly #directory: StoreDirectory;
  readonly #options: ResolvedOptions;
  readonly #segmentByteLength: number;
  #ready: { base: number; segment: Promise<PreparedSegment> } | undefined;

  constructor(directory: StoreDirectory, options: ResolvedOptions, segmentByteLength: number) {
    this.#directory = directory;
    this.#options = options;
    this.#segmentByteLength = segmentByteLength;
  }

  /** Removes segments that an earlier process prepared and did not use; they may hold bytes. */
  static removeLeftovers(directory: StoreDirectory): void {
    for (const home of [directory, ...directory.logHomes]) {
      for (const { name } of home.list(OWN_FOLDER) ?? []) {
        if (isPrepared(name)) home.remove(`${OWN_FOLDER}/${name}`);
      }
    }
  }

  /** Starts to make a segment; {@linkcode take} tries again what failed. */
  prepare(base: number): void {
    if (this.#ready?.base === base) return;
    const segment = this.#make(base);
    segment.catch(() => {});
    this.#ready = { base, segment };
  }

  /**
   * Puts the prepared segment in its place; {@linkcode ActiveSegment.naming} tells when it is there
   * durably.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room for it. It can be tried again.
   * @throws {StoreError<"DURABILITY_LOST">} If it cannot be synced.
   */
  async take(base: number): Promise<ActiveSegment> {
    this.prepare(base);
    const ready = this.#ready!;
    this.#ready = undefined;
    const { home, segment } = await ready.segment.catch((error) => {
      if (StoreError.is(error, "DURABILITY_LOST")) throw error;
      // It may succeed by now: room was made, a limit was raised.
      return this.#make(base);
    });
    const folder = home === this.#directory ? LOG_FOLDER : ".";
    const folders = new Map<string, Descriptor>();
    try {
      // Both before the renaming: where descriptors are short, nothing has happened yet.
      for (const path of [folder, OWN_FOLDER]) {
        const descriptor = home.openFolder(path);
        if (descriptor !== undefined) folders.set(path, descriptor);
      }
      home.rename(preparedPath(base), `${folder}/${formatSegmentName(base)}`);
    } catch (error) {
      for (const descriptor of folders.values()) home.libc.close(descriptor);
      await segment.close();
      throw error;
    }
    segment.naming = nameDurably(home.libc, folders).then(() => {
      segment.naming = undefined;
    });
    return segment;
  }

  /** Closes and removes the prepared segment. */
  async close(): Promise<void> {
    const ready = this.#ready;
    this.#ready = undefined;
    if (ready === undefined) return;
    const prepared = await ready.segment.catch(() => undefined);
    if (prepared === undefined) return;
    await prepared.segment.close();
    prepared.home.remove(preparedPath(ready.base));
  }

  async #make(base: number): Promise<PreparedSegment> {
    const { libc } = this.#directory;
    const segmentByteLength = this.#segmentByteLength;
    const home = logHomeFor(this.#directory, base, segmentByteLength);
    const path = preparedPath(base);
    home.remove(path);
    const file = home.openFile(path, { write: true, create: "new" })!;
    try {
      await allocate(home, file.descriptor, segmentByteLength, path);
      refuseFailedSync(await libc.fsyncAsync(file.descriptor), path);
      const segment = new ActiveSegment(this.#directory, base, file.descriptor, this.#options);
      await segment.warm(this.#options.tuning);
      return { home, segment };
    } catch (error) {
      libc.close(file.descriptor);
      // A failed allocation may have kept the blocks it got: give them back.
      home.remove(path);
      throw error;
    }
  }
}

/** Makes a name durable in the folders of its renaming, and closes them. */
async function nameDurably(
  libc: Libc,
  folders: ReadonlyMap<string, Descriptor>,
): Promise<void> {
  try {
    for (const [path, descriptor] of folders) {
      refuseFailedSync(await libc.fsyncAsync(descriptor), path);
    }
  } finally {
    for (const descriptor of folders.values()) libc.close(descriptor);
  }
}

/** The kernel reports a failed sync once: it ends the store's writable life. */
function refuseFailedSync(synced: Outcome, path: string): void {
  if (!failed(synced)) return;
  const cause = systemError(synced, "sync", path);
  throw durabilityLost("sync-failed", path, { cause });
}

function preparedPath(base: number): string {
  return `${OWN_FOLDER}/${PREPARED_PREFIX}${formatSegmentName(base)}`;
}

function isPrepared(name: string): boolean {
  return name.startsWith(PREPARED_PREFIX) && isSegmentName(name.slice(PREPARED_PREFIX.length));
}
