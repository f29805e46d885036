/**
 * The smaller duties of a writer, and how they change `streambed/meta`.
 *
 * @module
 */
import { failed, systemError } from "../../ffi/mod.ts";
import type { MetaFile } from "../directory/mod.ts";
import { durabilityLost } from "../errors.ts";
import { describeAhead, isAhead, META_FILE, type StreambedMeta } from "../layout/mod.ts";
import type { Failure, LogWriter } from "../log/mod.ts";
import { BackgroundTurns } from "../turns.ts";
import type { StoreFiles } from "./store_files.ts";
import type { Duty } from "./housekeeper.ts";

/** Bytes of what the least-pages options call a page. */
export const PAGE_BYTE_LENGTH = 4096;

/** What changes `streambed/meta`, and what a failure ends. */
export interface MetaParts {
  readonly meta: MetaFile;
  readonly failure: Failure;
}

/**
 * Changes `streambed/meta`. A slot that could not be synced ends the store's writing: the next one
 * would overwrite the only good slot.
 *
 * @throws {StoreError<"DURABILITY_LOST">} If it cannot be made durable.
 */
export async function writeMeta(
  { meta, failure }: MetaParts,
  change: Partial<StreambedMeta>,
): Promise<void> {
  const written = await meta.write(change);
  if (!failed(written)) return;
  const cause = systemError(written, "write", META_FILE);
  const lost = durabilityLost("sync-failed", META_FILE, { cause });
  failure.fail(lost);
  throw lost;
}

/** What duties work on. */
export interface DutyParts extends MetaParts {
  readonly files: StoreFiles;
  readonly log: LogWriter;
}

/** A duty that is due as soon as it is behind. */
export function pendingDuty(isPending: () => boolean, run: Duty["run"]): Duty {
  return { isBehind: isPending, isDue: isPending, run };
}

/** Commits staged records that are not awaited, once they are enough or have waited long enough. */
export function commitDuty({ log, files: { options } }: DutyParts): Duty {
  const { commitLeastPages, commitThoroughIntervalMs } = options.tuning;
  return {
    isBehind: () => log.stagedByteLength > 0,
    isDue: (behindMs) =>
      log.stagedByteLength >= commitLeastPages * PAGE_BYTE_LENGTH ||
      behindMs >= commitThoroughIntervalMs,
    run: () => log.commit(),
  };
}

/** Flushes what is committed and not awaited. */
export function flushDuty({ log, files }: DutyParts): Duty {
  const { clock } = files.environment;
  const { flushLeastPages, flushThoroughIntervalMs } = files.options.tuning;
  let flushedAt = clock.monotonic();
  return {
    isBehind: () => log.flusher.flushedPosition < log.committedPosition,
    isDue() {
      const pages = Math.floor(log.committedPosition / PAGE_BYTE_LENGTH) -
        Math.floor(log.flusher.flushedPosition / PAGE_BYTE_LENGTH);
      return pages >= flushLeastPages || clock.monotonic() - flushedAt >= flushThoroughIntervalMs;
    },
    run() {
      flushedAt = clock.monotonic();
      return log.flusher.flushTo(log.committedPosition);
    },
  };
}

/** Moves the mark: it lags behind what was acknowledged by one interval at most. */
export function markDuty({ log, files: { identity }, ...parts }: DutyParts): Duty {
  return pendingDuty(
    () => log.flusher.flushedPosition > identity.mark,
    () => writeMeta(parts, { mark: log.flusher.flushedPosition }),
  );
}

/** Writes entries of queues that are in memory. */
export function queuesDuty({ files }: DutyParts): Duty {
  const { derived: { queues }, environment } = files;
  return pendingDuty(
    () => queues.hasUnwritten,
    () => queues.writeInTurns(new BackgroundTurns(environment)),
  );
}

/** Notes when the clock falls behind the log while the store is open. */
export function clockDuty({ log, files }: DutyParts): Duty {
  const { clock } = files.environment;
  // Opening has noted what it found.
  let wasAhead = isAhead(log.lastTimestamp, clock.now());
  return {
    isDue: () => true,
    run() {
      const ahead = describeAhead(log.lastTimestamp, clock.now());
      if (ahead !== undefined && !wasAhead) files.directory.trust.note(ahead);
      wasAhead = ahead !== undefined;
    },
  };
}
