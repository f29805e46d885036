/**
 * Whether the log found is all of the log that the rest of the directory refers to.
 *
 * A broker may keep its log, or a part of it, elsewhere (`storePathCommitLog`). If the store were
 * opened without that part, queue entries and keys that point into it would be cut. For a missing
 * front see `log_front.ts`.
 *
 * @module
 */
import { quotePath } from "../../ffi/mod.ts";
import { type BrokerJson, readStoreCheckpoint } from "../broker/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { foreignFormat, StoreError } from "../errors.ts";
import { CONFIG_FOLDER, LOG_FOLDER, META_FILE, STORE_CHECKPOINT_FILE } from "../layout/mod.ts";
import { LogWalker, SegmentReader, walkLog } from "../log/mod.ts";
import { missingFront } from "./log_front.ts";
import { inspectStore, type StoreFiles } from "./store_files.ts";

const END_REMEDY =
  "name the log's directories with logDirectories (a broker's storePathCommitLog); " +
  "if the rest is lost, start in a new directory";
const FRONT_REMEDY = "bring the segments before that back, or name the log's directories with " +
  "logDirectories; if they are lost, streambed rebuild goes on without them";

/** What is missing of a log. */
export interface UnseenLog {
  readonly part: "front" | "end";
  /** In words that follow "is". */
  readonly text: string;
  readonly remedy: string;
}

/**
 * Refuses a directory that refers to a log which is not there; a reader of a partial log gets a
 * note.
 */
export async function refuseUnseenLog(files: StoreFiles): Promise<void> {
  const { segments, options, directory } = files;
  const found = await describeUnseenLog(files);
  if (found === undefined) return;
  const error = foreignFormat(LOG_FOLDER, found.text, found.remedy);
  if (!options.readOnly || segments.all.length === 0) throw error;
  directory.trust.note(error.message.replace("Cannot open store:", "The log is not whole:"));
}

/**
 * Tells what is missing of the log; `undefined` also if the directory would be refused for another
 * reason. Changes nothing.
 */
export async function findUnseenLog(
  environment: Environment,
  directory: StoreDirectory,
): Promise<UnseenLog | undefined> {
  try {
    // Other checks tell what else is wrong.
    return await inspectStore(environment, directory.quiet(), describeUnseenLog);
  } catch (error) {
    const isEmpty = StoreError.is(error, "CORRUPTED") && error.reason === "short-log" &&
      error.position === 0;
    if (isEmpty) return unseen("end", "it holds no segment, and the mark refers to messages");
    if (StoreError.is(error) && error.code !== "SYSTEM") return undefined;
    throw error;
  }
}

async function describeUnseenLog(files: StoreFiles): Promise<UnseenLog | undefined> {
  const { last, segments } = files;
  const start = missingFront(files);
  if (start !== undefined) {
    const said = `${quotePath(META_FILE)} says that it starts at ${start}`;
    return unseen("front", `it starts at ${segments.start}, and ${said}`);
  }
  // After a crash of our writer, the mark tells what the log may have lost.
  if (last.rule !== "foreign") return undefined;
  if (witness(files) === undefined || !(await isFull(files))) return undefined;
  // A live broker may have gone on to a segment that was not there when the folder was read.
  segments.refresh();
  const said = witness(files);
  if (said === undefined) return undefined;
  const there = segments.all.length === 0 ? "it holds no segment" : `it ends at ${segments.end}`;
  return unseen("end", `${there}, and ${said}`);
}

function unseen(part: UnseenLog["part"], why: string): UnseenLog {
  const remedy = part === "end" ? END_REMEDY : FRONT_REMEDY;
  return { part, text: `not all of the log: ${why}`, remedy };
}

/** A log that goes on elsewhere is full to its last byte here. */
async function isFull({ segments, environment }: StoreFiles): Promise<boolean> {
  const newest = segments.all.at(-1);
  if (newest === undefined) return true;
  const walker = new LogWalker(new SegmentReader(segments), () => false);
  const end = await walkLog(walker, {
    from: newest.base,
    onRecord: () => {},
    timers: environment.timers,
  });
  return end.position === newest.end;
}

function witness(files: StoreFiles): string | undefined {
  const { segments, derived: { index } } = files;
  const said = queueWitness(files);
  if (said !== undefined) return said;
  if (index.endPosition >= segments.end) {
    return `the index refers to a message at ${index.endPosition}`;
  }
  return segments.all.length === 0 ? emptyWitness(files) : undefined;
}

function queueWitness({ derived: { queues }, snapshot, segments }: StoreFiles): string | undefined {
  const known = new Map(
    snapshot?.queues.map(({ topic, queueId, next }) => [`${queueId}@${topic}`, next]),
  );
  for (const queue of queues.all()) {
    const { topic, queueId, next } = queue;
    // What the snapshot counts lies below its position, which is in the log.
    if (next === 0 || known.get(`${queueId}@${topic}`) === next) continue;
    const position = queue.entryAt(next - 1)?.position ?? -1;
    if (position < segments.end) continue;
    return `queue ${queueId} of topic ${quotePath(topic)} refers to a message at ${position}`;
  }
  return undefined;
}

/** Without any segment, weaker evidence of a log is enough. After Streambed its mark would tell. */
function emptyWitness({ directory, meta, broker }: StoreFiles): string | undefined {
  if (meta !== undefined) return undefined;
  const checkpoint = readStoreCheckpoint(directory);
  if (checkpoint !== undefined && checkpoint.physicMsgTimestamp > 0) {
    return `${quotePath(STORE_CHECKPOINT_FILE)} refers to messages`;
  }
  const hasRead = broker.offsets().some(([, { root }]) =>
    holdsNumber(root?.get("offsetTable")) || holdsNumber(root?.get("lmqOffsetTable"))
  );
  return hasRead ? `the progress of groups in ${CONFIG_FOLDER}/ refers to messages` : undefined;
}

function holdsNumber(value: BrokerJson | undefined): boolean {
  return value instanceof Map ? [...value.values()].some(holdsNumber) : Number(value) > 0;
}
