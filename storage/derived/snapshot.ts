/**
 * `streambed/tables`: what queues and index held when the store was last closed cleanly. It tells
 * whether a queue or an index file was removed since; apart from that the log says the same, but
 * for queues without messages (see {@linkcode NextOffsets}).
 *
 * Two lines of text: `streambed-tables 1 <CRC-32 of the second line, 8 hexadecimal digits>`, then
 * one JSON object. RocketMQ has no such file.
 *
 * @module
 */
import { decodeCheckedJson, encodeCheckedJson, isCount, listOf } from "./checked_json.ts";
import type { IndexFileInfo } from "./index/mod.ts";
import type { EntryQueue, QueueKind } from "./queue/mod.ts";

/** What one queue held. */
export type SnapshotQueue = Pick<
  EntryQueue,
  "topic" | "queueId" | "earliest" | "next" | "kind"
>;

/** What one index file held. */
export type SnapshotIndexFile = Pick<IndexFileInfo, "name" | "count" | "endPosition">;

/** A record of the log. */
export interface SnapshotRecord {
  readonly position: number;
  /** ms since epoch, and not before that of any record before it. */
  readonly storeTimestamp: number;
}

/** What queues and index held. */
export interface DerivedSnapshot {
  /** The snapshot covers the log below this position. */
  readonly position: number;
  readonly queues: readonly SnapshotQueue[];
  /** Oldest first. */
  readonly index: readonly SnapshotIndexFile[];
  /** Ranges hidden from readers, `[from, to)`. */
  readonly hidden: readonly (readonly [from: number, to: number])[];
  /** The last record below `position`. Not known when left out: an older release did not tell. */
  readonly last?: SnapshotRecord;
}

const NAME = "tables";
const KINDS: readonly unknown[] = ["simple", "batch"] satisfies QueueKind[];

/** Encodes a snapshot as the bytes of the file. */
export function encodeSnapshot(snapshot: DerivedSnapshot): Uint8Array {
  const { position, queues, index, hidden, last } = snapshot;
  return encodeCheckedJson(NAME, {
    position,
    queues: queues.map((one) => [one.topic, one.queueId, one.earliest, one.next, one.kind]),
    index: index.map((one) => [one.name, one.count, one.endPosition]),
    hidden,
    ...(last === undefined ? {} : { last: [last.position, last.storeTimestamp] }),
  });
}

/** Decodes the bytes of the file; `undefined` if they are damaged or not well-formed. */
export function decodeSnapshot(bytes: Uint8Array): DerivedSnapshot | undefined {
  const value = decodeCheckedJson(NAME, bytes);
  if (value === undefined || !isCount(value.position)) return undefined;
  const queues = listOf(value.queues, toQueue);
  const index = listOf(value.index, toIndexFile);
  const hidden = listOf(value.hidden, toRange);
  if (queues === undefined || index === undefined || hidden === undefined) return undefined;
  const snapshot = { position: value.position, queues, index, hidden };
  if (value.last === undefined) return snapshot;
  const last = toRecord(value.last);
  return last && { ...snapshot, last };
}

/** Decodes `[topic, queueId, earliest, next, kind]`; `undefined` if it is anything else. */
export function toQueue(item: unknown): SnapshotQueue | undefined {
  if (!Array.isArray(item) || item.length !== 5) return undefined;
  const [topic, queueId, earliest, next, kind] = item as unknown[];
  if (typeof topic !== "string" || !KINDS.includes(kind)) return undefined;
  if (!isCount(queueId) || !isCount(earliest) || !isCount(next) || earliest > next) {
    return undefined;
  }
  return { topic, queueId, earliest, next, kind: kind as QueueKind };
}

function toIndexFile(item: unknown): SnapshotIndexFile | undefined {
  if (!Array.isArray(item) || item.length !== 3) return undefined;
  const [name, count, endPosition] = item as unknown[];
  if (typeof name !== "string" || !isCount(count) || !isCount(endPosition)) return undefined;
  return { name, count, endPosition };
}

function toRange(item: unknown): readonly [number, number] | undefined {
  if (!Array.isArray(item) || item.length !== 2) return undefined;
  const [from, to] = item as unknown[];
  return isCount(from) && isCount(to) && from < to ? [from, to] : undefined;
}

function toRecord(item: unknown): SnapshotRecord | undefined {
  if (!Array.isArray(item) || item.length !== 2) return undefined;
  const [position, storeTimestamp] = item as unknown[];
  if (!isCount(position) || !isCount(storeTimestamp)) return undefined;
  return { position, storeTimestamp };
}
