/**
 * Decodes records, and tells a record from a blank, from the end of the log and from damage.
 * Nothing here throws, whatever the bytes: damage is an outcome.
 *
 * Every length is checked before it is used. Stricter than `CommitLog.checkMessageAndReturnSize()`
 * of RocketMQ 5.3.3: a record must say its own position, and its whole-record checksum is checked.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { BLANK_BYTE_LENGTH_MIN, MAGIC_BLANK } from "./blank_record.ts";
import { readI64, UNSAFE_I64 } from "./i64.ts";
import {
  MAGIC_V1,
  MAGIC_V2,
  PROPERTIES_WIDTH,
  RECORD_BYTE_LENGTH_MIN,
  RECORD_PREFIX,
  recordPrefix,
  TOPIC_WIDTH_V1,
  TOPIC_WIDTH_V2,
} from "./message_record.ts";
import { checkRecordCrc, crc31 } from "./record_crc.ts";
import type { RecordView } from "./record_view.ts";

/**
 * What is wrong with the bytes at a position.
 *
 * - `magic`: no record starts here.
 * - `unpublished`: a magic number, but length 0: the record was never made visible.
 * - `short`: longer than the bytes available; with more of them it may be whole.
 * - `length`: the parts do not add up to the whole, or a length is impossible.
 * - `number`: a 64-bit field holds what a number cannot.
 * - `position`: it says another position than its own.
 * - `queueOffset`: its offset in the queue is negative.
 * - `bodyCrc`, `recordCrc`: a checksum does not fit.
 * - `recordCrcMissing`: the whole-record checksum is required and absent.
 */
export type RecordDamage =
  | "magic"
  | "unpublished"
  | "short"
  | "length"
  | "number"
  | "position"
  | "queueOffset"
  | "bodyCrc"
  | "recordCrc"
  | "recordCrcMissing";

/** What a record must satisfy. Callers refill one object. */
export interface RecordExpectation {
  position: number;
  /** Whether the whole-record checksum must be there and right, or is only noted in the view. */
  crc: "required" | "optional";
  /** Skip the body's checksum if the whole record's, which covers it, is right. Default: false. */
  trustsRecordCrc?: boolean;
}

/** The rest of the segment is blank, if `byteLength` reaches its end: the caller compares. */
export interface BlankFound {
  readonly kind: "blank";
  /** Bytes to the end of the segment, as the blank says; at least 8. */
  readonly byteLength: number;
}

/** Nothing was written here: length and magic are zero. */
export interface EndFound {
  readonly kind: "end";
}

/** The bytes are not a record. */
export interface CorruptFound {
  readonly kind: "corrupt";
  readonly reason: RecordDamage;
  /** The length that the record claims, if a record of that length could be here. */
  readonly byteLength: number | undefined;
}

/** The outcome of a check; for a message, the view itself. */
export type RecordCheck = RecordView | BlankFound | EndFound | CorruptFound;

const AT = RECORD_PREFIX.offsets;
const END: EndFound = Object.freeze({ kind: "end" });

function corrupt(reason: RecordDamage, claimed: number, available: number): CorruptFound {
  const isPlausible = claimed >= RECORD_BYTE_LENGTH_MIN &&
    (claimed <= available || reason === "short");
  return { kind: "corrupt", reason, byteLength: isPlausible ? claimed : undefined };
}

/** Fewer bytes than any record has: the end if they are zero. */
function checkRemnant(bytes: Uint8Array, at: number, available: number): EndFound | CorruptFound {
  const isZero = bytes.subarray(at, at + available).every((byte) => byte === 0);
  return isZero ? END : corrupt("short", 0, available);
}

function checkOther(byteLength: number, magic: number, available: number): RecordCheck {
  if (magic !== MAGIC_BLANK) {
    return magic === 0 && byteLength === 0 ? END : corrupt("magic", byteLength, available);
  }
  if (byteLength < BLANK_BYTE_LENGTH_MIN) return corrupt("length", byteLength, available);
  return { kind: "blank", byteLength };
}

/** Reads the fields before the body; false if a number cannot hold one of them. */
function readPrefix(view: DataView, at: number, into: RecordView): boolean {
  const sysFlag = view.getInt32(at + AT.sysFlag);
  const offsets = recordPrefix(sysFlag).offsets;
  into.sysFlag = sysFlag;
  into.bodyCrc = view.getInt32(at + AT.bodyCRC);
  into.queueId = view.getInt32(at + AT.queueId);
  into.flag = view.getInt32(at + AT.flag);
  into.queueOffset = readI64(view, at + AT.queueOffset);
  into.position = readI64(view, at + AT.physicalOffset);
  into.bornTimestamp = readI64(view, at + AT.bornTimestamp);
  into.storeTimestamp = readI64(view, at + offsets.storeTimestamp);
  into.reconsumeTimes = view.getInt32(at + offsets.reconsumeTimes);
  into.preparedTransactionOffset = readI64(view, at + offsets.preparedTransactionOffset);
  into.bodyByteLength = view.getInt32(at + offsets.bodyLength);
  return into.queueOffset !== UNSAFE_I64 && into.position !== UNSAFE_I64 &&
    into.bornTimestamp !== UNSAFE_I64 && into.storeTimestamp !== UNSAFE_I64 &&
    into.preparedTransactionOffset !== UNSAFE_I64;
}

/** Finds body, topic and properties; false if they do not end at `end`. */
function readParts(view: DataView, bodyStart: number, end: number, into: RecordView): boolean {
  const topicWidth = into.magic === MAGIC_V1 ? TOPIC_WIDTH_V1 : TOPIC_WIDTH_V2;
  into.bodyStart = bodyStart;
  if (into.bodyByteLength < 0) return false;
  const topicLengthAt = bodyStart + into.bodyByteLength;
  if (topicLengthAt + topicWidth + PROPERTIES_WIDTH > end) return false;
  into.topicByteLength = topicWidth === TOPIC_WIDTH_V1
    ? view.getInt8(topicLengthAt)
    : view.getInt16(topicLengthAt);
  if (into.topicByteLength < 0) return false;
  into.topicStart = topicLengthAt + topicWidth;
  const propertiesLengthAt = into.topicStart + into.topicByteLength;
  if (propertiesLengthAt + PROPERTIES_WIDTH > end) return false;
  into.propertiesByteLength = view.getInt16(propertiesLengthAt);
  into.propertiesStart = propertiesLengthAt + PROPERTIES_WIDTH;
  return into.propertiesByteLength >= 0 &&
    into.propertiesStart + into.propertiesByteLength === end;
}

/**
 * Decodes the structure of a record without its checksums, for one that was checked before.
 * `available` bytes from `at` may be read. Returns what is wrong; then `into` means nothing.
 */
export function decodeRecord(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  available: number,
  into: RecordView,
): RecordDamage | undefined {
  assert(available <= bytes.length - at, "The available bytes are there");

  if (available < RECORD_BYTE_LENGTH_MIN) return "short";
  const byteLength = view.getInt32(at + AT.totalSize);
  const magic = view.getInt32(at + AT.magic);
  if (magic !== MAGIC_V1 && magic !== MAGIC_V2) return "magic";
  if (byteLength < RECORD_BYTE_LENGTH_MIN) return byteLength === 0 ? "unpublished" : "length";
  if (byteLength > available) return "short";
  const bodyOffset = recordPrefix(view.getInt32(at + AT.sysFlag)).byteLength;
  if (bodyOffset + TOPIC_WIDTH_V1 + PROPERTIES_WIDTH > byteLength) return "length";
  into.bytes = bytes;
  into.view = view;
  into.start = at;
  into.byteLength = byteLength;
  into.magic = magic;
  into.recordCrc = "unchecked";
  if (!readPrefix(view, at, into)) return "number";
  return readParts(view, at + bodyOffset, at + byteLength, into) ? undefined : "length";
}

/** Checks a decoded record's position and checksums. */
function checkContent(
  expected: Readonly<RecordExpectation>,
  into: RecordView,
): RecordDamage | undefined {
  if (into.position !== expected.position) return "position";
  if (into.queueOffset < 0) return "queueOffset";
  const { bytes, view, start, propertiesStart, byteLength } = into;
  into.recordCrc = checkRecordCrc(bytes, view, start, propertiesStart, start + byteLength);
  const isBodyProven = expected.trustsRecordCrc === true && into.recordCrc === "right";
  if (!isBodyProven && into.bodyCrc !== crc31(into.body())) return "bodyCrc";
  if (expected.crc === "optional" || into.recordCrc === "right") return undefined;
  return into.recordCrc === "absent" ? "recordCrcMissing" : "recordCrc";
}

/**
 * Checks what lies at a position: magic, lengths, position, offset, both checksums. `available`
 * bytes from `at` may be read. Returns `into` for a whole record, or what is there instead.
 */
export function checkRecord(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  available: number,
  expected: Readonly<RecordExpectation>,
  into: RecordView,
): RecordCheck {
  assert(available <= bytes.length - at, "The available bytes are there");

  if (available < BLANK_BYTE_LENGTH_MIN) return checkRemnant(bytes, at, available);
  const byteLength = view.getInt32(at + AT.totalSize);
  const magic = view.getInt32(at + AT.magic);
  if (magic !== MAGIC_V1 && magic !== MAGIC_V2) return checkOther(byteLength, magic, available);
  const damage = decodeRecord(bytes, view, at, available, into) ??
    checkContent(expected, into);
  return damage === undefined ? into : corrupt(damage, byteLength, available);
}
