/**
 * Reads records, each checked before it is used.
 *
 * A queue's entry counts only if the record at its position belongs there and is whole, with the
 * right checksums: a stale entry can point anywhere.
 *
 * @module
 */
import { type EntryQueue, lightEntries } from "../derived/mod.ts";
import { StoreError } from "../errors.ts";
import { checkRecord, type RecordExpectation, RecordView } from "../layout/mod.ts";
import { blame, damagedEntry } from "./entry_damage.ts";
import type { ReadContext } from "./read_context.ts";

const expected: RecordExpectation = { position: 0, crc: "optional", trustsRecordCrc: true };

export interface EntryClaim {
  readonly offset: number;
  readonly position: number;
  readonly byteLength: number;
}

/** Checks a record that starts at `at` of a buffer; the view given refers to that. */
export function readRecord(
  context: ReadContext,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  place: { readonly position: number; readonly byteLength: number },
): RecordView {
  const record = new RecordView();
  expected.position = place.position;
  expected.crc = context.requiresCrc(place.position) ? "required" : "optional";
  // Positions are doubles; JavaScriptCore makes a DataView call fast only for an int32.
  const start = at | 0;
  const found = checkRecord(bytes, view, start, place.byteLength, expected, record);
  if (found !== record || record.byteLength !== place.byteLength) {
    const detail = found.kind === "corrupt"
      ? `a record is damaged (${found.reason})`
      : "no record starts at the given position";
    throw context.segments.damagedRecord("read message", detail, place.position);
  }
  return record;
}

/**
 * Checks the record that a queue's entry points at: whole, with the right checksums, of this queue.
 */
export function readClaimed(
  context: ReadContext,
  queue: EntryQueue,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  claim: EntryClaim,
): RecordView {
  let record: RecordView;
  try {
    record = readRecord(context, bytes, view, at, claim);
  } catch (error) {
    throw StoreError.is(error, "CORRUPTED") ? blame(context, queue, claim.position, error) : error;
  }
  const { topic, queueId } = queue;
  const { offset, position } = claim;
  const isIts = record.queueOffset === offset && record.queueId === queueId &&
    record.topic() === topic;
  if (isIts) return record;
  const isLight = lightEntries(record).some((place) =>
    place.topic === topic && place.queueId === queueId && place.offset === offset
  );
  if (isLight) return record;
  throw damagedEntry(queue, "an entry of the queue points at a record of another one", position);
}
