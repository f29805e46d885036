/**
 * The whole-record checksum of a record that is being written.
 *
 * Records often come in runs of one shape: the same lengths, the same topic. Then few things differ
 * from one to the next: the queue, the offset in it, the position, the properties, and the body's
 * CRC, which RocketMQ wants anyway. What they change in the record's CRC follows by algebra, and
 * the record is not summed a second time.
 *
 * @module
 */
import { viewBytes } from "./byte_slab.ts";
import { crc32 } from "./crc32.ts";
import {
  applyTables,
  crcTables,
  lastBytesCrc,
  type LinearTables,
  wordTables,
} from "./crc32_algebra.ts";
import { highWord, lowWord } from "./i64.ts";
import { RECORD_PREFIX } from "./message_record.ts";
import type { PreparedMessage, RecordPlace } from "./prepare_message.ts";
import { RECORD_CRC_BYTE_LENGTH } from "./record_crc.ts";

const AT = RECORD_PREFIX.offsets;
const WORD = 4;
/** Where the highest byte of a number begins in its tables, and the highest bit of that byte. */
const HIGHEST_BYTE = 0x300;
const HIGHEST_BIT = 0x80;
/** After so many records of one shape its tables are worth their while: they take 16 µs to make. */
const RUN_COUNT = 1024;

/** Properties up to so many bytes are summed by themselves for less than the record is. */
const PROPERTIES_LIMIT = 48;
const NO_TOPIC: Uint8Array = new Uint8Array(0);
const NONE: LinearTables = new Int32Array(0);

/** The lengths of the last record, and how the four numbers change the CRC of one like it. */
const shape = {
  byteLength: 0,
  bodyByteLength: 0,
  /** Records of it that came one after the other. */
  count: 0,
  byBodyCrc: NONE,
  byQueueId: NONE,
  byQueueOffset: NONE,
  byPosition: NONE,
};

/** What a record that was summed has beside the four numbers, and its CRC without them. */
const summed = {
  topicBytes: NO_TOPIC,
  flag: 0,
  sysFlag: 0,
  reconsumeTimes: 0,
  bornTimestamp: 0,
  storeTimestamp: 0,
  queueOffsetHigh: 0,
  positionHigh: 0,
  crc: 0,
};

/**
 * The CRC-32 of a record that is written from `at` to `crcAt`, before its checksum; `bodyCrc` is
 * that of the body as it was written.
 */
export function recordCrc32(
  view: DataView,
  at: number,
  crcAt: number,
  message: PreparedMessage,
  place: Readonly<RecordPlace>,
  bodyCrc: number,
): number {
  if (!isOfRun(message)) return crc32(viewBytes(view, at, crcAt));
  const { length } = message.properties;
  const ofProperties = length === 0 ? 0 : lastBytesCrc(view, crcAt - length, crcAt);
  const differing = applyTables(shape.byBodyCrc, bodyCrc) ^
    applyTables(shape.byQueueId, message.queueId) ^
    applyTables(shape.byQueueOffset, lowWord(place.queueOffset)) ^
    applyTables(shape.byPosition, lowWord(place.position)) ^ ofProperties;
  if (!isLikeSummed(message, place)) {
    keepSummed(message, place, crc32(viewBytes(view, at, crcAt)) ^ differing);
  }
  return summed.crc ^ differing;
}

/** Whether enough records of the same shape came right before. */
function isOfRun({ byteLength, bodyByteLength, properties }: PreparedMessage): boolean {
  if (properties.length > PROPERTIES_LIMIT) return false;
  if (shape.byteLength !== byteLength || shape.bodyByteLength !== bodyByteLength) {
    shape.byteLength = byteLength;
    shape.bodyByteLength = bodyByteLength;
    shape.count = 0;
  }
  if (shape.count < RUN_COUNT && ++shape.count === RUN_COUNT) makeTables();
  return shape.count === RUN_COUNT;
}

function makeTables(): void {
  const { byteLength, bodyByteLength } = shape;
  const end = byteLength - RECORD_CRC_BYTE_LENGTH;
  const asBody = crcTables(end - RECORD_PREFIX.byteLength - bodyByteLength);
  const asField = wordTables(end - AT.bodyCRC - WORD);
  // The field leaves the highest bit out.
  const fieldOf = (index: number) => asField[index < HIGHEST_BYTE ? index : index & ~HIGHEST_BIT];
  shape.byBodyCrc = asBody.map((crc, index) => crc ^ fieldOf(index));
  shape.byQueueId = wordTables(end - AT.queueId - WORD);
  shape.byQueueOffset = wordTables(end - AT.queueOffset - 2 * WORD);
  shape.byPosition = wordTables(end - AT.physicalOffset - 2 * WORD);
  summed.topicBytes = NO_TOPIC;
}

function isLikeSummed(message: PreparedMessage, place: Readonly<RecordPlace>): boolean {
  return message.topicBytes === summed.topicBytes &&
    place.storeTimestamp === summed.storeTimestamp &&
    message.bornTimestamp === summed.bornTimestamp && message.flag === summed.flag &&
    (message.sysFlag ?? 0) === summed.sysFlag &&
    (message.reconsumeTimes ?? 0) === summed.reconsumeTimes &&
    highWord(place.queueOffset) === summed.queueOffsetHigh &&
    highWord(place.position) === summed.positionHigh;
}

function keepSummed(
  message: PreparedMessage,
  place: Readonly<RecordPlace>,
  crc: number,
): void {
  summed.topicBytes = message.topicBytes;
  summed.flag = message.flag;
  summed.sysFlag = message.sysFlag ?? 0;
  summed.reconsumeTimes = message.reconsumeTimes ?? 0;
  summed.bornTimestamp = message.bornTimestamp;
  summed.storeTimestamp = place.storeTimestamp;
  summed.queueOffsetHigh = highWord(place.queueOffset);
  summed.positionHigh = highWord(place.position);
  summed.crc = crc;
}
