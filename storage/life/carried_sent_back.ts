/**
 * What groups have sent back, which retention must not lose: the group of another store, whose
 * copies this one takes, may have to pass over it long after.
 *
 * @module
 */
import type { EntryQueue } from "../derived/mod.ts";
import {
  looksOwn,
  parseSentBack,
  type QueueEntry,
  SENT_BACK_TOPIC,
  type SentBackRecord,
} from "../layout/mod.ts";
import { turnsOf } from "../turns.ts";
import { readEntryRecord } from "./entry_record.ts";
import type { StoreFiles } from "./store_files.ts";

/** Reads what was told before a position: for each key the last record. */
export async function sentBackBefore(files: StoreFiles, start: number): Promise<SentBackRecord[]> {
  const last = new Map<string, SentBackRecord>();
  const queue = queueOf(files);
  const turns = turnsOf(files.environment);
  const end = queue?.lowerBoundByPosition(start) ?? 0;
  for (let offset = queue?.earliest ?? 0; offset < end; offset++) {
    if (turns.isDue()) await turns.pause();
    const told = readTold(files, queue?.entryAt(offset));
    if (told !== undefined) last.set(told.key, told);
  }
  return [...last.values()].filter(({ offsets }) => offsets.length > 0);
}

/** Whether a record from a position on tells of the same key. */
export function isToldSince(files: StoreFiles, key: string, start: number): boolean {
  const queue = queueOf(files);
  for (const position of files.derived.index.find(SENT_BACK_TOPIC, key)) {
    if (position === undefined) continue;
    if (position < start) return false;
    const entry = queue?.entryAt(queue.lowerBoundByPosition(position));
    if (entry?.position === position && readTold(files, entry)?.key === key) return true;
  }
  return false;
}

function queueOf(files: StoreFiles): EntryQueue | undefined {
  return files.derived.queues.get(SENT_BACK_TOPIC, 0);
}

/** What a record tells, if it is ours: a broker's copy of one tells nothing. */
function readTold(files: StoreFiles, entry: QueueEntry | undefined): SentBackRecord | undefined {
  const isOwn = entry && files.identity.isOwn(entry.position);
  if (entry === undefined || isOwn === false) return undefined;
  const record = readEntryRecord(files, entry, "carry forward what was sent back");
  if (record === undefined || !(isOwn || looksOwn(record))) return undefined;
  const told = parseSentBack(record.properties());
  const key = record.keys();
  return told === undefined || key === undefined ? undefined : { key, ...told };
}
