/**
 * What is known of the groups: the store's own file of progress, and the files of claims.
 *
 * @module
 */
import { BrokerFiles, compareOffsets, ConsumerOffsets, type GroupOffset } from "../broker/mod.ts";
import {
  claimFileNames,
  claimHolder,
  readClaimFile,
  type StoreDirectory,
} from "../directory/mod.ts";
import {
  claimedOffset,
  type ClaimedQueue,
  claimFileName,
  type ClaimRecord,
} from "../layout/mod.ts";
import type { StoreFiles } from "./store_files.ts";

/** What the store's own file of progress says now. */
export function readOffsets({ directory, environment }: StoreFiles): ConsumerOffsets {
  const { note } = directory.trust;
  return new ConsumerOffsets(new BrokerFiles(directory), { environment, note });
}

/** Where a group goes on. What is missing in a file that cannot be read was not removed. */
export function progressOf(
  offsets: ConsumerOffsets,
  { group, topic, queueId }: ClaimedQueue,
  record: Pick<ClaimRecord, "slot" | "note">,
): number | undefined {
  const known = offsets.get(group, topic, queueId);
  if (known === undefined && !offsets.isWhole) return record.slot?.next;
  return claimedOffset(known, record);
}

/** All progress as of now, for a store that does not write. */
export function readProgress(files: StoreFiles): GroupOffset[] {
  // Before the file of progress: what their notes tell is in the one that is read then.
  const records = claimFileNames(files.directory)
    .map((name) => [name, readClaimFile(files.directory, name)] as const);
  const offsets = readOffsets(files);
  const found = new Map(offsets.all().map((one) => [claimFileName(one), one]));
  for (const [name, record] of records) {
    const offset = record && progressOf(offsets, record, record);
    if (record === undefined || offset === undefined) continue;
    const { group, topic, queueId } = record;
    found.set(name, { group, topic, queueId, offset });
  }
  return [...found.values()].sort(compareOffsets);
}

/** Tells that progress is durable. */
export function tellProgress(
  { events, derived }: Pick<StoreFiles, "events" | "derived">,
  { group, topic, queueId, offset }: GroupOffset,
): void {
  events.tell("streambed:group", () => {
    const endOffset = derived.queues.get(topic, queueId)?.next ?? 0;
    return { group, topic, queueId, offset, lagCount: Math.max(0, endOffset - offset) };
  });
}

/** Gives the id of the process that reads a queue as a group; looks into the folder once. */
export function claimantsOf(
  directory: StoreDirectory,
): (queue: ClaimedQueue) => number | undefined {
  const names = new Set(claimFileNames(directory));
  return (queue) => {
    if (!names.has(claimFileName(queue))) return undefined;
    return claimHolder(directory, queue)?.processId;
  };
}
