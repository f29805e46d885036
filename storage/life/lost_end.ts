/**
 * A look at the end of a log before a writer touches anything: the walk of the whole log makes what
 * is derived anew while it reads, and a log that is refused should stay as it was.
 *
 * @module
 */
import { endOfBytes, LogWalker, SegmentReader, walkLog } from "../log/mod.ts";
import { recover } from "./recover.ts";
import { inspectStore, type StoreFiles } from "./store_files.ts";

/**
 * Refuses what a reader refuses, where the end of a log that was closed in order is not as it
 * should be. Changes nothing.
 *
 * @throws {StoreError<"CORRUPTED">} If the log is damaged.
 */
export async function refuseDamagedEnd(files: StoreFiles): Promise<void> {
  const { environment, directory, meta, last, segments, options: { signal } } = files;
  if (!last.isClosed) return;
  // Below the mark no end is believed anyway, and to ask all queues would take its time.
  const isOurs = meta?.state === "closed";
  if (isOurs && endOfBytes(new SegmentReader(segments), meta.mark) === meta.mark) return;
  if (await endsAsClaimed(files, files.derived.queues.claimedTo(0))) return;
  await inspectStore(
    environment,
    directory.quiet(),
    (found) => recover({ ...found, options: { ...found.options, signal } }),
  );
}

/** Whether the last segment can be read to where queues say that it goes, with zeros behind. */
async function endsAsClaimed(
  { segments, environment: { timers }, options: { signal } }: StoreFiles,
  claimedTo: number,
): Promise<boolean> {
  const reader = new SegmentReader(segments);
  const bytesTo = endOfBytes(reader, segments.start);
  const segment = segments.at(bytesTo - 1);
  if (segment === undefined) return claimedTo === 0;
  const walker = new LogWalker(reader, () => false);
  const from = segment.base;
  const { position } = await walkLog(walker, { from, onRecord: () => {}, timers, signal });
  return position >= Math.max(claimedTo, bytesTo);
}
