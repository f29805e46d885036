/**
 * Reads records, each checked before it is used.
 *
 * A queue's entry counts only if the record at its position belongs there and is whole, with the
 * right checksums: a stale entry can point anywhere.
 *
 * @module
 */
import { type EntryBatch, type EntryQueue, lightEntries } from "../derived/mod.ts";
import { StoreError } from "../errors.ts";
import {
  checkRecord,
  PlainRecord,
  PlainRecords,
  type RecordExpectation,
  RecordView,
} from "../layout/mod.ts";
import { blame, damagedEntry } from "./entry_damage.ts";
import type { ReadContext } from "./read_context.ts";

const expected: RecordExpectation = { position: 0, crc: "optional", trustsRecordCrc: true };

/** What an entry says of its record. */
interface EntryClaim {
  readonly offset: number;
  readonly position: number;
  readonly byteLength: number;
}

/** Checks the records of a queue that its entries point at. */
export class ClaimedRecords {
  readonly context: ReadContext;
  readonly queue: EntryQueue;
  /** The entries that were read last. */
  readonly entries: EntryBatch;
  readonly #plain: PlainRecords;

  constructor(context: ReadContext, queue: EntryQueue, entries: EntryBatch) {
    this.context = context;
    this.queue = queue;
    this.entries = entries;
    this.#plain = new PlainRecords(queue.topic, queue.queueId);
  }

  /** Checks a record as {@linkcode ClaimedRecords.check} does, and gives it. */
  read(bytes: Uint8Array, view: DataView, at: number, index: number): PlainRecord | RecordView {
    const { positions, byteLengths } = this.entries;
    return this.check(bytes, view, at, index) ??
      new PlainRecord(bytes, view, at | 0, byteLengths[index], positions[index]);
  }

  /**
   * Checks the record at `at` of a buffer, to which the entry at `index` of the batch leads; gives
   * it if it had to be decoded, and nothing if it is plain.
   *
   * @throws {StoreError<"CORRUPTED">} If it is not whole, or of another place.
   */
  check(bytes: Uint8Array, view: DataView, at: number, index: number): RecordView | undefined {
    const { offsets, positions, byteLengths } = this.entries;
    const offset = offsets[index];
    const position = positions[index];
    const byteLength = byteLengths[index];
    // Positions are doubles. An int32 takes no room in V8, and makes a DataView call fast in JSC.
    const start = at | 0;
    if (this.#plain.has(bytes, view, start, byteLength, offset, position)) return undefined;
    const claim = { offset, position, byteLength };
    return readClaimed(this.context, this.queue, bytes, view, start, claim);
  }
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
  const found = checkRecord(bytes, view, at, place.byteLength, expected, record);
  if (found !== record || record.byteLength !== place.byteLength) {
    const detail = found.kind === "corrupt"
      ? `a record is damaged (${found.reason})`
      : "no record starts at the given position";
    throw context.segments.damagedRecord("read message", detail, place.position);
  }
  return record;
}

function readClaimed(
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
