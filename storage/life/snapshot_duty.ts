/**
 * The duty that makes log, queues and index durable and remembers how far, so that the next opening
 * has little to walk.
 *
 * @module
 */
import { openIndexStart, replaceFile, writeStoreCheckpoint } from "../broker/mod.ts";
import { encodeSnapshot } from "../derived/mod.ts";
import type { Duty } from "./housekeeper.ts";
import { type DutyParts, writeMeta } from "./log_duties.ts";
import { TABLES_FILE } from "../layout/mod.ts";
import { BackgroundTurns } from "../turns.ts";

/**
 * Due when a segment was sealed, and by time. It goes on from the opening's snapshot; one is wanted
 * at once if everything was built anew.
 */
export function snapshotDuty(parts: DutyParts, isRebuilt: boolean): Duty {
  const { files, log } = parts;
  const { derived, directory, environment, segments, options } = files;
  const { clock, random } = environment;
  let snapshotPosition = isRebuilt ? -1 : files.snapshot?.position ?? -1;
  let takenMs = clock.monotonic();
  // The end of the newest segment when a snapshot was wanted last.
  let segmentsEnd = isRebuilt ? -1 : segments.end;
  const isWanted = () => segments.end !== segmentsEnd;
  return {
    isBehind: () => isWanted() || log.committedPosition > snapshotPosition,
    isDue: () =>
      isWanted() || log.committedPosition !== snapshotPosition &&
        clock.monotonic() - takenMs >= options.tuning.flushThoroughIntervalMs,
    async run() {
      segmentsEnd = segments.end;
      const position = log.committedPosition;
      const durable = {
        storeTimestamp: log.lastTimestamp,
        lastPosition: log.lastPosition,
        openIndex: openIndexStart(derived.index),
      };
      // Keys still in memory may go into a file not listed here: its loss would go unnoticed.
      const taken = derived.snapshot(position);
      await log.flusher.flushTo(position);
      await derived.queues.writeInTurns(new BackgroundTurns(environment));
      await derived.sync();
      // A snapshot must not list what is not there.
      if (taken === undefined || !derived.isWhole) return;
      const { lastPosition, storeTimestamp } = durable;
      const last = { position: lastPosition, storeTimestamp };
      const bytes = encodeSnapshot({ ...taken, last });
      await replaceFile(directory, TABLES_FILE, bytes, { random, backup: false });
      files.nextOffsets.learn(taken.queues);
      await writeStoreCheckpoint(directory, durable);
      const mark = Math.max(files.identity.mark, log.flusher.flushedPosition);
      await writeMeta(parts, { mark, dispatched: position });
      snapshotPosition = position;
      takenMs = clock.monotonic();
    },
  };
}
