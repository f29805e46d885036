/**
 * A look at the end of a log before a writer touches anything: the walk of the whole log makes what
 * is derived anew while it reads, and a log that is refused should stay as it was.
 *
 * @module
 */
import { endOfBytes, LogWalker, SegmentReader, walkLog } from "../log/mod.ts";
import { mayBeBrokers } from "./log_front.ts";
import { recover } from "./recover.ts";
import { inspectStore, type StoreFiles } from "./store_files.ts";

/**
 * Refuses what a reader refuses, where the end of a log that was closed in order is not as it
 * should be. Changes nothing.
 *
 * @throws {StoreError<"CORRUPTED">} If the log is damaged.
 */
export async function refuseDamagedEnd(files: StoreFiles): Promise<void> {
  const { environment, directory, meta, last, options: { signal } } = files;
  if (!last.isClosed) return;
  // Of our own close the mark tells where the log ends.
  if (meta?.state === "closed" && !mayBeBrokers(files)) return;
  if (await endsAsClaimed(files)) return;
  await inspectStore(
    environment,
    directory.quiet(),
    (found) => recover({ ...found, options: { ...found.options, signal } }),
  );
}

/** Whether the last segment can be read to where queues say that it goes, with zeros behind. */
async function endsAsClaimed(
  { segments, derived: { queues }, environment: { timers }, options: { signal } }: StoreFiles,
): Promise<boolean> {
  const claimedTo = queues.claimedTo(0);
  const reader = new SegmentReader(segments);
  const bytesTo = endOfBytes(reader, segments.start);
  const segment = segments.at(bytesTo - 1);
  if (segment === undefined) return claimedTo === 0;
  const walker = new LogWalker(reader, () => false);
  const from = segment.base;
  const { position } = await walkLog(walker, { from, onRecord: () => {}, timers, signal });
  return position >= Math.max(claimedTo, bytesTo);
}
