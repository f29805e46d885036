/**
 * What a store tells about itself.
 *
 * @module
 */
import { failed } from "../ffi/mod.ts";
import { BrokerFiles, ConsumerOffsets, type GroupOffset } from "./broker/mod.ts";
import type { StoreFiles } from "./life/mod.ts";
import type { Durability, StoreInfo } from "./types.ts";
import type { StoreWriter } from "./life/mod.ts";

/** The half of a store that knows how far it got. */
export interface InfoSource {
  /** The writing half, if there is one. */
  readonly writer: StoreWriter | undefined;
  /** Position after the last byte that may be seen. */
  end(visibility: Durability): number;
}

/** The state of a store now, as a copy. */
export function storeInfo(files: StoreFiles, source: InfoSource): StoreInfo {
  const { directory, options, segments, derived: { queues }, geometry, notes, identity } = files;
  const { writer } = source;
  const committedPosition = source.end("committed");
  return {
    path: directory.path,
    role: options.readOnly ? "reader" : "writer",
    durability: hasDisk(files) ? options.durability : "none",
    writePath: options.writePath,
    guard: segments.guard,
    geometry,
    storeId: identity.storeId,
    earliestPosition: segments.start,
    writtenPosition: writer?.log.writtenPosition ?? committedPosition,
    committedPosition,
    flushedPosition: source.end("flushed"),
    markPosition: identity.mark,
    segmentCount: segments.all.length,
    queueCount: queues.queueCount,
    notes: [...notes],
  };
}

/** The progress of groups on the disk. */
export function readGroups(files: StoreFiles): GroupOffset[] {
  const { directory, environment } = files;
  return new ConsumerOffsets(new BrokerFiles(directory), {
    environment,
    note: directory.trust.note,
  }).all();
}

/** On tmpfs and ramfs nothing survives a power cut. */
function hasDisk(files: StoreFiles): boolean {
  const { directory } = files;
  return [directory, ...directory.logHomes].every(({ libc, descriptor }) => {
    const fileSystem = libc.fstatfs(descriptor);
    return failed(fileSystem) || (fileSystem.name !== "tmpfs" && fileSystem.name !== "ramfs");
  });
}
