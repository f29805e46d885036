/**
 * The properties of a message: pairs of name and value in the tail of its record.
 *
 * `name 0x01 value 0x02`, repeated, in UTF-8; the last 0x02 may be missing in RocketMQ's records. A
 * pair with an empty name or an empty value does not exist; of two with the same name the later
 * counts. All together take 32,767 bytes at most, the 20 of the checksum property included.
 *
 * Reproduces `MessageDecoder.messageProperties2String()` and `string2messageProperties()` of
 * RocketMQ 5.3.3. The order is ours: KEYS, TAGS, then the others as given; Java's is that of a hash
 * map, and nothing reads meaning into it.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { messageTooLarge } from "../errors.ts";
import { type AtomicBatchPlace, formatAtomicBatch } from "./atomic_batch.ts";
import { encodeUtf8, hasBytes, keepBytes, writeUtf8 } from "./byte_slab.ts";
import { PROPERTIES_BYTE_LENGTH_MAX } from "./message_record.ts";
import { RECORD_CRC_BYTE_LENGTH } from "./record_crc.ts";
import { decodeUtf8 } from "./utf8.ts";
import { ATOMIC_BATCH_NAME, KEYS_NAME, TAGS_NAME } from "./names.ts";

/** Splits the property KEYS into keys, none of them empty. */
export function splitKeys(keys: string): string[] {
  const all = keys.split(" ");
  return all.includes("") ? all.filter((key) => key !== "") : all;
}

/** What a message is indexed by: its unique id whole, then each of its keys. */
export function messageKeys(uniqKey: string | undefined, keys: string | undefined): string[] {
  const list = keys === undefined ? [] : splitKeys(keys);
  if (uniqKey !== undefined && uniqKey !== "") list.unshift(uniqKey);
  return list;
}

/** What the checksum property leaves of 32,767 bytes. */
export const OWN_PROPERTIES_BYTE_LENGTH_MAX: number = PROPERTIES_BYTE_LENGTH_MAX -
  RECORD_CRC_BYTE_LENGTH;

const NAME_END = 1;
const PAIR_END = 2;
const UTF8_BYTES_PER_UNIT = 3;
const SURROGATE_START = 0xd800;
const SURROGATE_END = 0xdfff;
const LOOK_LIMIT = 64;

const NONE = new Uint8Array(0);
// Room for the longest properties even if each of their units should take three bytes.
const scratch = new Uint8Array(UTF8_BYTES_PER_UNIT * (PROPERTIES_BYTE_LENGTH_MAX + 2));

const HAS_SEPARATOR = "contains a separator (U+0001 or U+0002)";
const ILL_FORMED = "is not well-formed Unicode (a lone surrogate)";

/** Short texts, the usual ones, are searched by hand: half the time of the built-in searches. */
function textFault(text: string): string | undefined {
  if (text.length > LOOK_LIMIT) {
    if (text.includes("\x01") || text.includes("\x02")) return HAS_SEPARATOR;
    return text.isWellFormed() ? undefined : ILL_FORMED;
  }
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === NAME_END || unit === PAIR_END) return HAS_SEPARATOR;
    const isSurrogate = unit >= SURROGATE_START && unit <= SURROGATE_END;
    if (isSurrogate && !text.isWellFormed()) return ILL_FORMED;
  }
  return undefined;
}

/** What is wrong with a property, as the end of a sentence; `undefined` if it can be stored. */
export function propertyFault(name: string, value: string): string | undefined {
  if (name === "") return "its name is empty";
  if (value === "") return "its value is empty, which reads as absent";
  const nameFault = textFault(name);
  if (nameFault !== undefined) return `its name ${nameFault}`;
  const valueFault = textFault(value);
  return valueFault && `its value ${valueFault}`;
}

function writePair(name: string, value: string, at: number): number {
  const length = name.length + value.length + 2;
  if (length * UTF8_BYTES_PER_UNIT > scratch.length - at) {
    throw messageTooLarge("properties", at + length, OWN_PROPERTIES_BYTE_LENGTH_MAX);
  }
  const nameEnd = writeUtf8(name, scratch, at);
  scratch[nameEnd] = NAME_END;
  const valueEnd = writeUtf8(value, scratch, nameEnd + 1);
  scratch[valueEnd] = PAIR_END;
  return valueEnd + 1;
}

/**
 * Encodes properties without the checksum; `others` must have passed {@linkcode propertyFault}.
 *
 * @throws {StoreError<"MESSAGE_TOO_LARGE">} If they exceed 32,747 bytes.
 */
export function encodeProperties(
  keys: string | undefined,
  tags: string | undefined,
  others?: ReadonlyMap<string, string>,
  batch?: AtomicBatchPlace,
): Uint8Array {
  let end = 0;
  if (keys !== undefined) end = writePair(KEYS_NAME, keys, end);
  if (tags !== undefined) end = writePair(TAGS_NAME, tags, end);
  if (others !== undefined) {
    for (const [name, value] of others) end = writePair(name, value, end);
  }
  if (batch !== undefined) end = writePair(ATOMIC_BATCH_NAME, formatAtomicBatch(batch), end);
  if (end === 0) return NONE;
  if (end > OWN_PROPERTIES_BYTE_LENGTH_MAX) {
    throw messageTooLarge("properties", end, OWN_PROPERTIES_BYTE_LENGTH_MAX);
  }
  return keepBytes(scratch, end);
}

function indexOfByte(bytes: Uint8Array, byte: number, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (bytes[at] === byte) return at;
  }
  return -1;
}

/** The place of the pair's 0x02, or `to` if that is missing. */
function pairEnd(bytes: Uint8Array, from: number, to: number): number {
  const end = indexOfByte(bytes, PAIR_END, from, to);
  return end < 0 ? to : end;
}

/** Parses properties in order of first appearance. What is not a pair is skipped, as in Java. */
export function parseProperties(bytes: Uint8Array, from: number, to: number): Map<string, string> {
  const properties = new Map<string, string>();
  let at = from;
  while (at < to) {
    const end = pairEnd(bytes, at, to);
    const nameEnd = indexOfByte(bytes, NAME_END, at, end);
    if (nameEnd > at && nameEnd < end - 1) {
      properties.set(decodeUtf8(bytes, at, nameEnd), decodeUtf8(bytes, nameEnd + 1, end));
    }
    at = end + 1;
  }
  return properties;
}

/** The bytes of a name and its separator, for {@linkcode propertyValue}. */
export function propertyPattern(name: string): Uint8Array {
  assert(name !== "", "A property has a name");
  return encodeUtf8(`${name}\x01`);
}

/** Reads the last pair of a {@linkcode propertyPattern} without parsing the others. */
export function propertyValue(
  bytes: Uint8Array,
  from: number,
  to: number,
  pattern: Uint8Array,
): string | undefined {
  let found = -1;
  let at = from;
  while (at < to) {
    const end = pairEnd(bytes, at, to);
    // One byte more than the pattern: empty values do not exist. No break: the last pair counts.
    const valueAt = at + pattern.length;
    if (valueAt < end && hasBytes(bytes, at, pattern)) found = valueAt;
    at = end + 1;
  }
  return found < 0 ? undefined : decodeUtf8(bytes, found, pairEnd(bytes, found, to));
}
