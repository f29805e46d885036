/**
 * What a store tells about itself.
 *
 * @module
 */
import { failed } from "../ffi/mod.ts";
import type { StoreFiles, StoreWriter } from "./life/mod.ts";
import type { Durability, StoreInfo } from "./types.ts";

/** The state of a store now, as a copy. */
export function storeInfo(
  files: StoreFiles,
  writer: StoreWriter | undefined,
  end: (visibility: Durability) => number,
): StoreInfo {
  const { directory, options, segments, derived: { queues }, geometry, notes, identity } = files;
  const committedPosition = end("committed");
  return {
    path: directory.path,
    role: options.readOnly ? "reader" : "writer",
    durability: hasDisk(files) ? options.durability : "none",
    writePath: options.writePath,
    guard: segments.guard,
    geometry,
    storeId: identity.storeId,
    earliestPosition: segments.start,
    writtenPosition: writer?.log.encodedPosition ?? committedPosition,
    committedPosition,
    flushedPosition: end("flushed"),
    markPosition: identity.mark,
    segmentCount: segments.all.length,
    queueCount: queues.queueCount,
    notes: notes.all,
  };
}

/** On tmpfs and ramfs nothing survives a power cut. */
function hasDisk(files: StoreFiles): boolean {
  const { directory } = files;
  return [directory, ...directory.logHomes].every(({ libc, descriptor }) => {
    const fileSystem = libc.fstatfs(descriptor);
    return failed(fileSystem) || (fileSystem.name !== "tmpfs" && fileSystem.name !== "ramfs");
  });
}
