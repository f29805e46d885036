/**
 * Reads records and believes none before it was checked.
 *
 * A queue's entry is believed only if the record at its position says that it belongs there, whole and with the right
 * checksums: a stale entry can point anywhere.
 *
 * @module
 */
import { CorruptionError } from "../errors.ts";
import { checkRecord, type RecordExpectation, RecordView } from "../layout/mod.ts";
import { lightPlaces } from "../log/mod.ts";
import type { ReadContext } from "./read_context.ts";

const expected: RecordExpectation = { position: 0, crc: "optional", trustsRecordCrc: true };

/** What a queue's entry says of its record. */
export interface EntryClaim {
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  readonly position: number;
  readonly byteLength: number;
}

/**
 * Checks a record in a buffer.
 *
 * @param context The open store.
 * @param bytes The buffer.
 * @param view The same bytes, from the same first byte.
 * @param at Where the record starts in it.
 * @param place Its position and length, as its entry says.
 * @returns The record. It refers to the buffer.
 * @throws {CorruptionError} If it is damaged.
 */
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
  // Positions are doubles, and so is what is left of one; JavaScriptCore calls a DataView fast by an int32 only.
  const start = at | 0;
  const found = checkRecord(bytes, view, start, place.byteLength, expected, record);
  if (found !== record || record.byteLength !== place.byteLength) {
    const detail = found.kind === "corrupt" ? `a record is damaged (${found.reason})` : undefined;
    throw new CorruptionError(
      "read message",
      detail ?? "no record starts where a queue or a caller says",
      "damaged-record",
      { position: place.position, path: context.segments.at(place.position)?.path ?? "commitlog" },
    );
  }
  return record;
}

/**
 * Refuses a record that is not the one that a queue's entry speaks of.
 *
 * @param record The record.
 * @param claim What the entry says.
 * @throws {CorruptionError} If it is another one.
 */
export function refuseStranger(record: RecordView, claim: EntryClaim): void {
  const { topic, queueId, offset } = claim;
  if (
    record.queueOffset === offset && record.queueId === queueId && record.topic() === topic
  ) return;
  const isLight = lightPlaces(record).some((place) =>
    place.topic === topic && place.queueId === queueId && place.offset === offset
  );
  if (isLight) return;
  throw new CorruptionError(
    "read message",
    `an entry of the queue points at a record of another one (streambed rebuild mends it)`,
    "damaged-file",
    { path: `consumequeue/${topic}/${queueId}`, position: claim.position },
  );
}
