/**
 * The message record: one message in the commit log.
 *
 * Big-endian, no alignment, no padding: the next record starts where this one ends. The table is
 * that of a record with two IPv4 hosts; an IPv6 host takes 20 bytes instead of 8 and moves what
 * follows by 12. After the prefix come the body, the topic length (i8 in version 1, i16 in version
 * 2), the topic, the properties length (i16) and the properties. A record is valid if its parts add
 * up to `totalSize`, its checksums hold and `physicalOffset` is its own position.
 *
 * | offset | bytes | type   | field                     | meaning                                 |
 * | -----: | ----: | ------ | ------------------------- | --------------------------------------- |
 * |      0 |     4 | i32    | totalSize                 | bytes of the whole record               |
 * |      4 |     4 | i32    | magic                     | v1 0xDAA320A7, v2 0xDAA320AB            |
 * |      8 |     4 | i32    | bodyCRC                   | lower 31 bits of the body's CRC-32      |
 * |     12 |     4 | i32    | queueId                   | queue of the topic                      |
 * |     16 |     4 | i32    | flag                      | the user's, opaque                      |
 * |     20 |     8 | i64    | queueOffset               | index of the message in its queue       |
 * |     28 |     8 | i64    | physicalOffset            | position of this record                 |
 * |     36 |     4 | i32    | sysFlag                   | compression, transaction, host families |
 * |     40 |     8 | i64    | bornTimestamp             | when it was made, ms since epoch        |
 * |     48 |     8 | bytes8 | bornHost                  | address of the producer, port as i32    |
 * |     56 |     8 | i64    | storeTimestamp            | when it was stored, ms since epoch      |
 * |     64 |     8 | bytes8 | storeHost                 | address of the store, port as i32       |
 * |     72 |     4 | i32    | reconsumeTimes            | how often it was sent back              |
 * |     76 |     8 | i64    | preparedTransactionOffset | position of the half message, or 0      |
 * |     84 |     4 | i32    | bodyLength                | bytes of the body that follows          |
 *
 * Reproduces `MessageExtEncoder` and `MessageDecoder` of RocketMQ 5.3.3 and 5.5.0.
 *
 * @module
 */
import { defineLayout, type Layout } from "./define_layout.ts";

/** Version 1: the topic length is one byte. */
export const MAGIC_V1: number = 0xdaa320a7 | 0;
/** Version 2: the topic length is two bytes. */
export const MAGIC_V2: number = 0xdaa320ab | 0;
/** Longest topic of version 1, in UTF-16 units: Java reads the length as signed. */
const TOPIC_LENGTH_MAX_V1 = 127;
/** Most bytes of the properties, checksum included: an i16 holds their length. */
export const PROPERTIES_BYTE_LENGTH_MAX = 32_767;

/** sysFlag: the body is compressed. */
export const FLAG_COMPRESSED = 0x1;
/** sysFlag: mask of the transaction state. */
export const FLAG_TRANSACTION_MASK = 0xc;
/** sysFlag: the message of a committed transaction. */
export const FLAG_TRANSACTION_COMMIT = 0x8;
/** sysFlag: the message of a transaction that was rolled back. */
export const FLAG_TRANSACTION_ROLLBACK = 0xc;
/** sysFlag: one record that holds many messages. */
export const FLAG_INNER_BATCH = 0x80;
/** sysFlag: mask of the compression type. */
export const FLAG_COMPRESSION_MASK = 0x700;
/** sysFlag: compressed as an LZ4 frame. */
export const FLAG_COMPRESSION_LZ4 = 0x100;
/** sysFlag: compressed as a zstd frame. */
export const FLAG_COMPRESSION_ZSTD = 0x200;
/** sysFlag: compressed by zlib; type 0 with the compressed bit means zlib too. */
export const FLAG_COMPRESSION_ZLIB = 0x300;

/** Bytes of an IPv6 host: address and port. */
export const HOST_V6_BYTE_LENGTH = 20;

const FIELDS = {
  totalSize: "i32",
  magic: "i32",
  bodyCRC: "i32",
  queueId: "i32",
  flag: "i32",
  queueOffset: "i64",
  physicalOffset: "i64",
  sysFlag: "i32",
  bornTimestamp: "i64",
  bornHost: "bytes8",
  storeTimestamp: "i64",
  storeHost: "bytes8",
  reconsumeTimes: "i32",
  preparedTransactionOffset: "i64",
  bodyLength: "i32",
} as const;

type RecordPrefix = Layout<keyof typeof FIELDS>;

function definePrefix(bornHost: 8 | 20, storeHost: 8 | 20): RecordPrefix {
  return defineLayout({
    ...FIELDS,
    bornHost: `bytes${bornHost}`,
    storeHost: `bytes${storeHost}`,
  });
}

/** The prefix with two IPv4 hosts. */
export const RECORD_PREFIX: RecordPrefix = definePrefix(8, 8);

const PREFIXES: readonly RecordPrefix[] = Object.freeze([
  RECORD_PREFIX,
  definePrefix(20, 8),
  definePrefix(8, 20),
  definePrefix(20, 20),
]);

/** The prefix of a record with that sysFlag: 0x10 is an IPv6 producer, 0x20 an IPv6 store. */
export function recordPrefix(sysFlag: number): RecordPrefix {
  return PREFIXES[(sysFlag >>> 4) & 3];
}

/** Bytes of the topic length in version 1. */
export const TOPIC_WIDTH_V1 = 1;
/** Bytes of the topic length in version 2. */
export const TOPIC_WIDTH_V2 = 2;
/** Bytes of the properties length. */
export const PROPERTIES_WIDTH = 2;

/** Bytes of the length field of that topic; also the version of its record. */
export function topicLengthWidth(topic: string): number {
  return topic.length > TOPIC_LENGTH_MAX_V1 ? TOPIC_WIDTH_V2 : TOPIC_WIDTH_V1;
}

/** Bytes of the smallest record: version 1, IPv4 hosts, no body, topic or properties. */
export const RECORD_BYTE_LENGTH_MIN: number = RECORD_PREFIX.byteLength + TOPIC_WIDTH_V1 +
  PROPERTIES_WIDTH;
