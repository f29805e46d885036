/**
 * The checksum of a whole record: the property `__CRC32#`, the last 20 bytes of the record.
 *
 * The name, 0x01, ten ASCII digits with the least significant first, 0x02. The value is the CRC-32
 * of all bytes of the record before the property, lower 31 bits. RocketMQ writes it with
 * `enabledAppendPropCRC=true`; Streambed writes it on every record.
 *
 * | offset | bytes | type    | field     | meaning                                       |
 * | -----: | ----: | ------- | --------- | --------------------------------------------- |
 * |      0 |     8 | bytes8  | name      | the letters `__CRC32#`                        |
 * |      8 |     1 | i8      | separator | 0x01                                          |
 * |      9 |    10 | bytes10 | digits    | the value in decimal, backwards, zero filled  |
 * |     19 |     1 | i8      | end       | 0x02                                          |
 *
 * Reproduces `UtilAll.crc32()` and `MessageDecoder.createCrc32()` of RocketMQ 5.3.3 and 5.5.0.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { crc32 } from "./crc32.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { hasBytes, viewBytes } from "./byte_slab.ts";
import { RECORD_CRC_NAME } from "./names.ts";

const FIELDS = {
  name: "bytes8",
  separator: "i8",
  digits: "bytes10",
  end: "i8",
} as const;
/** The layout of the checksum property. */
export const RECORD_CRC: Layout<keyof typeof FIELDS> = defineLayout(FIELDS);

/** The bits of a CRC-32 that RocketMQ stores: all but the highest. */
export const CRC_MASK = 0x7fffffff;
/** Bytes of the checksum property. */
export const RECORD_CRC_BYTE_LENGTH: number = RECORD_CRC.byteLength;

const NAME_AND_SEPARATOR: Uint8Array = new TextEncoder().encode(`${RECORD_CRC_NAME}\x01`);
const NAME_HALF = 4;
const NAME = new DataView(NAME_AND_SEPARATOR.buffer);
const NAME_FIRST = NAME.getInt32(0);
const NAME_SECOND = NAME.getInt32(NAME_HALF);
const DIGITS = RECORD_CRC.offsets.digits;
const END = RECORD_CRC.offsets.end;
const NAME_END = 1;
const PAIR_END = 2;
const ZERO = "0".charCodeAt(0);

/** What the checksum property of a record says. */
export type RecordCrcState = "right" | "wrong" | "absent";

/** The CRC-32 without its top bit, as RocketMQ stores it. */
export function crc31(bytes: Uint8Array): number {
  return crc32(bytes) & CRC_MASK;
}

/** Two digits of a number below 100, the less significant first. */
const DIGIT_PAIRS = Uint16Array.from(
  { length: 100 },
  (_, pair) => ((ZERO + pair % 10) << 8) | (ZERO + Math.floor(pair / 10)),
);

/** Writes a 31-bit checksum as a property. */
export function encodeRecordCrc(view: DataView, at: number, value: number): void {
  assert(value >= 0 && value === (value | 0), "A record checksum has 31 bits");
  view.setInt32(at, NAME_FIRST);
  view.setInt32(at + NAME_HALF, NAME_SECOND);
  view.setInt8(at + RECORD_CRC.offsets.separator, NAME_END);
  let rest = value;
  // Two at a time: each division waits for the one before it.
  for (let digit = DIGITS; digit < END; digit += 2) {
    const next = (rest / 100) | 0;
    view.setUint16(at + digit, DIGIT_PAIRS[rest - next * 100]);
    rest = next;
  }
  view.setInt8(at + END, PAIR_END);
}

/** Computes the checksum of a record and writes it into its last 20 bytes. */
export function sealRecord(view: DataView, from: number, to: number): void {
  const at = to - RECORD_CRC_BYTE_LENGTH;
  assert(at > from, "A record is longer than its checksum");
  encodeRecordCrc(view, at, crc31(viewBytes(view, from, at)));
}

/**
 * Reads a checksum property, strictly; -1 if the name is there but the rest is wrong; `undefined`
 * if there is no such property.
 */
export function parseRecordCrc(bytes: Uint8Array, at: number): number | undefined {
  if (!hasBytes(bytes, at, NAME_AND_SEPARATOR)) return undefined;
  if (bytes[at + END] !== PAIR_END) return -1;
  let value = 0;
  for (let index = END - 1; index >= DIGITS; index--) {
    const digit = bytes[at + index] - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value > CRC_MASK ? -1 : value;
}

/** Checks the checksum property of the record from `from` to `to`. */
export function checkRecordCrc(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  propertiesFrom: number,
  to: number,
): RecordCrcState {
  const at = to - RECORD_CRC_BYTE_LENGTH;
  if (at < propertiesFrom) return "absent";
  // Inside the value of another property the same letters mean nothing.
  if (at > propertiesFrom && bytes[at - 1] !== PAIR_END) return "absent";
  const value = parseRecordCrc(bytes, at);
  if (value === undefined) return "absent";
  return value === crc31(viewBytes(view, from, at)) ? "right" : "wrong";
}
