/**
 * Offsets of a queue never go back, even when no message of it is left in the log.
 *
 * Its next offset is the highest that these tell: its files, `streambed/offsets`, the snapshot in
 * `streambed/tables` (even if not trusted otherwise), and the groups that have read it.
 *
 * @module
 */
import { type BrokerFiles, ConsumerOffsets, TopicsFile } from "../broker/mod.ts";
import { type NextOffset, NextOffsets, OFFSET_MAX } from "../derived/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { isFolderName } from "../layout/mod.ts";
import { saveOffsets } from "./offsets_file.ts";
import { inspectStore, type StoreFiles } from "./store_files.ts";

const QUEUE_ID_MAX = 0x7fffffff;

/**
 * Keeps the next offset of queues whose messages are all deleted, once queues and log are in line.
 */
export function keepOffsets(files: StoreFiles, broker: BrokerFiles = files.broker): void {
  const { derived: { queues }, segments, nextOffsets } = files;
  // Where nothing was deleted, the log tells where each queue goes on.
  if (segments.start === 0) return;
  nextOffsets.learn(queuesOfGroups(files, broker));
  for (const { topic, queueId, next, kind } of nextOffsets.all) {
    if (isFolderName(topic) && queueId <= QUEUE_ID_MAX && next <= OFFSET_MAX) {
      queues.ensure(topic, queueId, kind).keep(next);
    }
  }
}

/** Saves every queue's next offset before queues and snapshot go. Needs the writer's lock. */
export async function saveAllOffsets(
  environment: Environment,
  directory: StoreDirectory,
): Promise<void> {
  await inspectStore(environment, directory, async (files) => {
    const nextOffsets = new NextOffsets();
    const wanted = [...files.nextOffsets.all, ...files.derived.queues.all()];
    await saveOffsets({ directory, environment, nextOffsets }, wanted);
  });
}

/**
 * Offsets of the groups, below which no queue goes on. Their file has no checksum, so impossible
 * ones are left out: a queue has no more deleted messages than bytes were deleted.
 */
function queuesOfGroups(files: StoreFiles, broker: BrokerFiles): NextOffset[] {
  const { environment, derived: { queues }, segments } = files;
  const groups = new ConsumerOffsets(broker, { environment, note: () => {} }).all()
    .filter(({ offset, topic, queueId }) =>
      offset <= segments.start && (queues.get(topic, queueId)?.next ?? 0) < offset
    );
  if (groups.length === 0) return [];
  const topics = new TopicsFile(broker, { environment, note: () => {} });
  return groups.map(({ topic, queueId, offset: next }) => {
    return { topic, queueId, next, kind: queues.kindOf(topic) ?? topics.kindOf(topic) };
  });
}
