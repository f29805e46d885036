/**
 * The records of the toy log: length, magic, checksum, position, body.
 *
 * @module
 */
import { crc32 } from "node:zlib";

/** Length of what stands before the body, bytes. */
export const TOY_HEADER_BYTE_LENGTH = 16;
/** Length of the record that fills a segment up; its length word tells how far. */
export const TOY_BLANK_BYTE_LENGTH = 8;

const MAGIC = 0x70795265;
const BLANK_MAGIC = 0x70794265;
const AT = { byteLength: 0, magic: 4, checksum: 8, position: 12 };

/** What stands at some place of a segment. */
export type ToyRecord =
  | { readonly kind: "record"; readonly body: Uint8Array; readonly byteLength: number }
  | { readonly kind: "blank" }
  | { readonly kind: "end" };

/** Encodes a record that goes to `position` of the log. */
export function encodeToyRecord(position: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(TOY_HEADER_BYTE_LENGTH + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(AT.byteLength, bytes.length);
  view.setUint32(AT.magic, MAGIC);
  view.setUint32(AT.position, position);
  bytes.set(body, TOY_HEADER_BYTE_LENGTH);
  view.setUint32(AT.checksum, crc32(bytes.subarray(AT.position)));
  return bytes;
}

/** Encodes the record that says that `byteLength` bytes up to the end of a segment hold nothing. */
export function encodeToyBlank(byteLength: number): Uint8Array {
  const bytes = new Uint8Array(TOY_BLANK_BYTE_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(AT.byteLength, byteLength);
  view.setUint32(AT.magic, BLANK_MAGIC);
  return bytes;
}

/**
 * Decodes what stands at a place of a segment.
 *
 * @param rest The segment from there to its end.
 * @param position The place's position in the log.
 * @param checked Whether the checksum is looked at.
 * @returns What is there; `"end"` if it is no whole record.
 */
export function decodeToyRecord(rest: Uint8Array, position: number, checked: boolean): ToyRecord {
  if (rest.length < TOY_BLANK_BYTE_LENGTH) return { kind: "blank" };
  const view = new DataView(rest.buffer, rest.byteOffset, rest.length);
  const byteLength = view.getUint32(AT.byteLength);
  const magic = view.getUint32(AT.magic);
  if (magic === BLANK_MAGIC && byteLength === rest.length) return { kind: "blank" };
  if (magic !== MAGIC || byteLength < TOY_HEADER_BYTE_LENGTH || byteLength > rest.length) {
    return { kind: "end" };
  }
  const right = view.getUint32(AT.position) === position &&
    crc32(rest.subarray(AT.position, byteLength)) === view.getUint32(AT.checksum);
  if (checked && !right) return { kind: "end" };
  return { kind: "record", byteLength, body: rest.slice(TOY_HEADER_BYTE_LENGTH, byteLength) };
}
