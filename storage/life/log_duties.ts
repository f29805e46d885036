/**
 * The smaller duties of a writer. The snapshot, groups and retention have files of their own.
 *
 * @module
 */
import { describeAhead, isAhead } from "../layout/mod.ts";
import type { LogWriter } from "../log/mod.ts";
import type { StoreFiles } from "./store_files.ts";
import type { Duty } from "./housekeeper.ts";
import { type MetaParts, writeMeta } from "./write_meta.ts";

const PAGE_BYTE_LENGTH = 4096;

/** What duties look after. */
export interface DutyParts extends MetaParts {
  /** The store's files. */
  readonly files: StoreFiles;
  /** The log. */
  readonly log: LogWriter;
}

/** A duty that is due as soon as it is behind. */
export function pendingDuty(isPending: () => boolean, run: Duty["run"]): Duty {
  return { isBehind: isPending, isDue: isPending, run };
}

/** Commits what is staged and nobody waits for: once it is enough, or has waited long enough. */
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

/** Flushes what nobody waits for. */
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
export function queuesDuty({ files: { derived: { queues } } }: DutyParts): Duty {
  return pendingDuty(() => queues.hasUnwritten, () => queues.writePending());
}

/** Notes that the clock is behind the log: it may have been set right, or wrong, while the store is open. */
export function clockDuty({ log, files }: DutyParts): Duty {
  const { clock } = files.environment;
  // What opening found it has told.
  let wasAhead = isAhead(log.lastTimestamp, clock.now());
  return {
    isBehind: () => false,
    isDue: () => true,
    run() {
      const ahead = describeAhead(log.lastTimestamp, clock.now());
      if (ahead !== undefined && !wasAhead) files.directory.trust.note(ahead);
      wasAhead = ahead !== undefined;
    },
  };
}
