/**
 * Encodes prepared messages as records, straight into a buffer of the caller.
 *
 * Reproduces `MessageExtEncoder.encode()` of RocketMQ 5.3.3 with `enabledAppendPropCRC=true`,
 * except for the order of the properties.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { copyBytes, viewBytes } from "./byte_slab.ts";
import { crc32 } from "./crc32.ts";
import { OWN_ADDRESS, OWN_STORE_PORT } from "./host_address.ts";
import { highWord, isUnsigned, lowWord } from "./i64.ts";
import {
  MAGIC_V1,
  MAGIC_V2,
  PROPERTIES_BYTE_LENGTH_MAX,
  PROPERTIES_WIDTH,
  RECORD_PREFIX,
  TOPIC_WIDTH_V1,
  topicLengthWidth,
} from "./message_record.ts";
import type { PreparedMessage, RecordPlace } from "./prepare_message.ts";
import { CRC_MASK, encodeRecordCrc, RECORD_CRC_BYTE_LENGTH } from "./record_crc.ts";
import { recordCrc32 } from "./record_seal.ts";

/** As `writeI64()`, for values that the caller has checked. */
function putI64(view: DataView, at: number, value: number): void {
  view.setInt32(at, highWord(value));
  view.setInt32(at + 4, lowWord(value));
}

const AT = RECORD_PREFIX.offsets;

/** Writes the fields before the body. */
function writePrefix(
  view: DataView,
  at: number,
  message: PreparedMessage,
  place: Readonly<RecordPlace>,
): void {
  const magic = topicLengthWidth(message.topic) === TOPIC_WIDTH_V1 ? MAGIC_V1 : MAGIC_V2;
  view.setInt32(at + AT.totalSize, message.byteLength);
  view.setInt32(at + AT.magic, magic);
  view.setInt32(at + AT.queueId, message.queueId);
  view.setInt32(at + AT.flag, message.flag);
  putI64(view, at + AT.queueOffset, place.queueOffset);
  putI64(view, at + AT.physicalOffset, place.position);
  view.setInt32(at + AT.sysFlag, message.sysFlag ?? 0);
  putI64(view, at + AT.bornTimestamp, message.bornTimestamp);
  view.setInt32(at + AT.bornHost, OWN_ADDRESS);
  view.setInt32(at + AT.bornHost + 4, 0);
  putI64(view, at + AT.storeTimestamp, place.storeTimestamp);
  view.setInt32(at + AT.storeHost, OWN_ADDRESS);
  view.setInt32(at + AT.storeHost + 4, OWN_STORE_PORT);
  view.setInt32(at + AT.reconsumeTimes, message.reconsumeTimes ?? 0);
  putI64(view, at + AT.preparedTransactionOffset, 0);
  view.setInt32(at + AT.bodyLength, message.bodyByteLength);
}

/**
 * Writes a record at byte `at`, without allocation; returns where it ends. `view` has the bytes of
 * `target`.
 */
export function encodeMessageInto(
  target: Uint8Array,
  view: DataView,
  at: number,
  message: PreparedMessage,
  place: Readonly<RecordPlace>,
): number {
  assert(at + message.byteLength <= target.length, "A record has room in its buffer");
  assert(isUnsigned(place.position) && isUnsigned(place.queueOffset), "A record has a place");
  assert(isUnsigned(place.storeTimestamp), "A record has a time");

  writePrefix(view, at, message, place);
  const bodyAt = at + RECORD_PREFIX.byteLength;
  const topicAt = copyBytes(message.body, target, bodyAt);
  // Of the copy: the caller's bytes may be another process's too.
  const bodyCrc = crc32(viewBytes(view, bodyAt, topicAt));
  view.setInt32(at + AT.bodyCRC, bodyCrc & CRC_MASK);
  const topicWidth = topicLengthWidth(message.topic);
  if (topicWidth === TOPIC_WIDTH_V1) view.setInt8(topicAt, message.topicBytes.length);
  else view.setInt16(topicAt, message.topicBytes.length);
  const lengthAt = copyBytes(message.topicBytes, target, topicAt + topicWidth);
  const propertiesByteLength = message.properties.length + RECORD_CRC_BYTE_LENGTH;
  assert(propertiesByteLength <= PROPERTIES_BYTE_LENGTH_MAX, "The properties fit their length");
  view.setInt16(lengthAt, propertiesByteLength);
  const end = copyBytes(message.properties, target, lengthAt + PROPERTIES_WIDTH) +
    RECORD_CRC_BYTE_LENGTH;
  assert(end - at === message.byteLength, "A record is as long as it was measured");
  const crcAt = end - RECORD_CRC_BYTE_LENGTH;
  const recordCrc = recordCrc32(view, at, crcAt, message, place, bodyCrc);
  encodeRecordCrc(view, crcAt, recordCrc & CRC_MASK);
  return end;
}
