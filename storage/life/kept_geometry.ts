/**
 * The lengths of a store's files outlast the files.
 *
 * A broker's directory tells them by its files alone. Before these are removed they are written to
 * `streambed/meta`, or the next writer would make files by its own defaults, which the broker does
 * not load.
 *
 * @module
 */
import { check } from "../../ffi/mod.ts";
import { queueFolder, type QueueName } from "../derived/mod.ts";
import { MetaFile, randomStoreId, type StoreDirectory, writeZeros } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import {
  BATCH_QUEUE_ENTRY,
  formatSegmentName,
  META_FILE,
  OWN_FOLDER,
  type StreambedMeta,
  UNKNOWN_BOOT_ID,
  UNKNOWN_MOUNT_ID,
} from "../layout/mod.ts";
import type { Geometry } from "../types.ts";
import { inspectStore, type StoreFiles } from "./store_files.ts";

/** What is kept, and which of its numbers nothing told. */
export interface KeptGeometry extends Pick<StoreFiles, "geometry" | "assumed"> {
  /** A file of a batch queue, empty now, that must stay: it alone tells how long they are. */
  readonly batchFile: string | undefined;
}

/**
 * Writes the lengths of a store's files to `streambed/meta`, durably; that of batch queues, which
 * has no place there, stays in an empty file. Needs the writer's lock, and a store without its
 * snapshot, which counts for nothing where there is no meta.
 */
export async function keepGeometry(
  environment: Environment,
  directory: StoreDirectory,
): Promise<KeptGeometry> {
  const found = await inspectStore(environment, directory, (files) => {
    const { geometry, assumed, meta, segments, derived: { queues } } = files;
    const batch = [...queues.all()].find(({ kind }) => kind === "batch");
    const batchCount = queues.told.batch;
    return { geometry, assumed, meta, start: segments.start, batch, batchCount };
  });
  const { geometry, assumed, meta: known, start, batch, batchCount } = found;
  directory.ensureFolder(OWN_FOLDER);
  const meta = MetaFile.open(directory, known);
  try {
    check(await meta.settle(), "write", META_FILE);
    const next = known === undefined
      ? newMeta(environment, geometry)
      // A start below what a broker has deleted would look like a lost front.
      : { geometry, start: known.start === undefined ? undefined : Math.max(known.start, start) };
    check(await meta.write(next), "write", META_FILE);
  } finally {
    await meta.close();
  }
  directory.syncFolder(OWN_FOLDER);
  directory.syncFolder(".");
  if (batch === undefined || batchCount === undefined) {
    return { geometry, assumed, batchFile: undefined };
  }
  return { geometry, assumed, batchFile: emptyFile(directory, batch, batchCount) };
}

/** Gives a batch queue a first file without entries. */
function emptyFile(directory: StoreDirectory, queue: QueueName, entryCount: number): string {
  const folder = queueFolder(queue);
  const path = `${folder}/${formatSegmentName(0)}`;
  const byteLength = entryCount * BATCH_QUEUE_ENTRY.byteLength;
  if (directory.status(path)?.byteLength !== byteLength) directory.remove(path);
  const { libc } = directory;
  const { descriptor } = directory.openFile(path, { write: true, create: true })!;
  try {
    check(writeZeros(libc, descriptor, { from: 0, to: byteLength }), "write", path);
    check(libc.fsync(descriptor), "sync", path);
  } finally {
    libc.close(descriptor);
  }
  directory.syncFolder(folder);
  return path;
}

/** Nothing but the geometry is known, as where no writer of ours has been. */
function newMeta(environment: Environment, geometry: Geometry): Partial<StreambedMeta> {
  return {
    storeId: randomStoreId(environment),
    epoch: 0,
    bootId: UNKNOWN_BOOT_ID,
    mountId: UNKNOWN_MOUNT_ID,
    mark: 0,
    geometry,
    state: "closed",
    dispatched: 0,
    ranges: [],
  };
}
