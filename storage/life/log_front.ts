/**
 * Whether the log has lost its front: segments that were moved away, or a directory that is not
 * mounted. The rest looks like a log after retention, so `streambed/meta` records where the log
 * starts before retention deletes.
 *
 * A broker deletes by its own rules and records nothing: once it may have used the directory, a
 * later start is no loss.
 *
 * @module
 */
import { check } from "../../ffi/mod.ts";
import { MetaFile, readMeta, type StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { inspectStore, type StoreFiles } from "./store_files.ts";
import { ABORT_WORD, META_FILE, STORE_CHECKPOINT_FILE } from "../layout/mod.ts";

/** Among so many bytes of a record one is not zero. */
const HEAD_BYTE_LENGTH = 8;

/** Position where the log should start; `undefined` if it does, or if that is unknown. */
export function missingFront(files: StoreFiles): number | undefined {
  const { directory, meta, segments } = files;
  const lacksFrom = (start: number | undefined): start is number =>
    start !== undefined && segments.all.length > 0 && start < segments.start;
  if (!lacksFrom(meta?.start)) return undefined;
  // Retention of a live writer may have deleted between the two looks.
  const start = readMeta(directory)?.start;
  return lacksFrom(start) && !mayBeBrokers(files) ? start : undefined;
}

/** Whether segments below the recorded start are there: what was derived from them may be gone. */
export function hasOlderFront({ meta, segments }: StoreFiles): boolean {
  return meta?.start !== undefined && segments.all.length > 0 && segments.start < meta.start;
}

/**
 * Accepts that the front is missing, and gives the range that is given up, if any. Needs the
 * writer's lock.
 */
export async function giveUpFront(
  environment: Environment,
  directory: StoreDirectory,
): Promise<{ from: number; to: number } | undefined> {
  const look = (files: StoreFiles) => ({
    from: missingFront(files),
    to: files.segments.start,
    known: files.meta,
  });
  const { from, to, known } = await inspectStore(environment, directory, look);
  if (from === undefined) return undefined;
  const meta = MetaFile.open(directory, known);
  try {
    check(await meta.settle(), "write", META_FILE);
    check(await meta.write({ start: to }), "write", META_FILE);
  } finally {
    await meta.close();
  }
  return { from, to };
}

/** Whether a broker may have used the directory since our last writer. */
export function mayBeBrokers({ abort, directory, meta, last, segments }: StoreFiles): boolean {
  if (last.rule !== "foreign" || meta === undefined) return false;
  // A broker leaves its own marker, or removed ours when it closed; our walks leave one if stopped.
  const isOurs = abort?.startsWith(ABORT_WORD) ?? true;
  if (!isOurs || meta.state === "open") return true;
  // A broker writes the store checkpoint when it closes; we write it before `streambed/meta`.
  const modified = (path: string) => directory.status(path)?.modifiedMs ?? 0;
  if (modified(STORE_CHECKPOINT_FILE) > modified(META_FILE)) return true;
  const head = new Uint8Array(HEAD_BYTE_LENGTH);
  const segment = segments.at(meta.mark);
  if (segment === undefined || meta.mark + head.length > segment.end) return false;
  segment.readAlone(meta.mark - segment.base, head);
  return head.some((byte) => byte !== 0);
}
