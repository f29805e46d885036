/**
 * Whether the log has lost its front: segments that were moved away, or a directory of it that is not mounted. What is left looks as
 * after retention, so `streambed/meta` says where the log starts, and says it before retention deletes what lies below.
 *
 * A broker deletes by its own rules and tells nobody: once it may have had the directory, nothing is missed.
 *
 * @module
 */
import { check } from "../../ffi/mod.ts";
import { resolveOptions } from "../arguments/mod.ts";
import { MetaFile, readMeta, type StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { closeStoreFiles, readStoreFiles, type StoreFiles } from "./store_files.ts";
import { ABORT_WORD, META_FILE, STORE_CHECKPOINT_FILE } from "../layout/mod.ts";

/** Bytes of which one is not zero where a record stands. */
const HEAD_BYTE_LENGTH = 8;

/**
 * Finds out whether the front of the log is missing.
 *
 * @returns Position where the log should start; `undefined` if nothing is missing, or nobody knows.
 */
export function missingFront(files: StoreFiles): number | undefined {
  const { directory, meta, segments } = files;
  const lacksFrom = (start: number | undefined): start is number =>
    start !== undefined && segments.all.length > 0 && start < segments.start;
  if (!lacksFrom(meta?.start)) return undefined;
  // Retention of a live writer may have deleted between the two looks.
  const start = readMeta(directory)?.start;
  return lacksFrom(start) && !mayBeBrokers(files) ? start : undefined;
}

/**
 * Tells whether segments are there that were gone, or about to go, when the store was last written: what was derived of them may be gone.
 */
export function hasOlderFront({ meta, segments }: StoreFiles): boolean {
  return meta?.start !== undefined && segments.all.length > 0 && segments.start < meta.start;
}

/**
 * Takes the log that is there for all of it, if its front is missing. Only under the writer's lock.
 *
 * @returns Between which positions the log is given up; `undefined` if nothing is missing.
 */
export async function giveUpFront(
  environment: Environment,
  directory: StoreDirectory,
): Promise<{ from: number; to: number } | undefined> {
  const options = resolveOptions({ readOnly: true });
  const files = await readStoreFiles(environment, directory, options, []);
  const from = missingFront(files);
  const to = files.segments.start;
  await closeStoreFiles(files);
  if (from === undefined) return undefined;
  const meta = MetaFile.open(directory, files.meta);
  try {
    check(await meta.settle(), "write", META_FILE);
    check(await meta.write({ start: to }), "write", META_FILE);
  } finally {
    await meta.close();
  }
  return { from, to };
}

/** Whether a broker may have had the directory since our last writer. */
function mayBeBrokers({ abort, directory, meta, last, segments }: StoreFiles): boolean {
  if (last.rule !== "foreign" || meta === undefined) return false;
  // It has a marker of its own, or took ours away at its end; a walk of ours that was stopped leaves one too.
  const isOurs = abort?.startsWith(ABORT_WORD) ?? true;
  if (!isOurs || meta.state === "open") return true;
  // It writes its store checkpoint when it closes; we write ours before our own record.
  const modified = (path: string) => directory.status(path)?.modifiedMs ?? 0;
  if (modified(STORE_CHECKPOINT_FILE) > modified(META_FILE)) return true;
  const head = new Uint8Array(HEAD_BYTE_LENGTH);
  return segments.copy(meta.mark, head.length, head, 0) && head.some((byte) => byte !== 0);
}
