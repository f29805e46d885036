/**
 * Layouts of fixed units on disk: offsets are derived from the order of the fields, never typed by
 * hand.
 *
 * All integers are big-endian two's complement.
 *
 * @module
 */
import { assert } from "../assert.ts";

/** A big-endian signed integer, or a run of bytes such as `bytes16`. */
export type FieldType = "i8" | "i16" | "i32" | "i64" | `bytes${number}`;

/** The fields of one fixed unit. */
export interface Layout<Field extends string> {
  /** Bytes of the whole unit. */
  readonly byteLength: number;
  /** Offset of each field in the unit. */
  readonly offsets: Readonly<Record<Field, number>>;
  /** In the order on disk. */
  readonly types: Readonly<Record<Field, FieldType>>;
}

const FIELD_TYPE = /^(?:i(8|16|32|64)|bytes([1-9][0-9]*))$/;

/** Gives the bytes of a field. */
export function fieldByteLength(type: FieldType): number {
  const [, bits, bytes] = FIELD_TYPE.exec(type) ?? [];
  const byteLength = bits === undefined ? Number(bytes) : Number(bits) / 8;
  assert(Number.isSafeInteger(byteLength), "A field type is an integer or bytesN");
  return byteLength;
}

/** Derives the offsets of fields from their order on disk. */
export function defineLayout<Field extends string>(
  types: Readonly<Record<Field, FieldType>>,
): Layout<Field> {
  const offsets = {} as Record<Field, number>;
  let byteLength = 0;
  for (const field of Object.keys(types) as Field[]) {
    // Integer-like keys come first whatever the order in the source.
    assert(/^[A-Za-z]/.test(field), "A field name starts with a letter");
    offsets[field] = byteLength;
    byteLength += fieldByteLength(types[field]);
  }
  return Object.freeze({
    byteLength,
    offsets: Object.freeze(offsets),
    types: Object.freeze({ ...types }),
  });
}
