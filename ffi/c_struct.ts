/**
 * Layouts of C structures: a field stands at a multiple of its width.
 *
 * @module
 */

/** Type of a field, or the length of a `char` array whose content is not read. */
export type FieldType = "u8" | "u16" | "i16" | "u32" | "i32" | "u64" | "i64" | number;

/** Where the fields of a structure are. */
export interface CStruct<Field extends string> {
  readonly at: Readonly<Record<Field, number>>;
  /** With the padding at the end. */
  readonly byteLength: number;
}

const WIDTHS = { u8: 1, u16: 2, i16: 2, u32: 4, i32: 4, u64: 8, i64: 8 };

/** Lays out a structure as the C ABI of 64-bit Linux does. */
export function cStruct<Field extends string>(fields: Record<Field, FieldType>): CStruct<Field> {
  const at = {} as Record<Field, number>;
  let end = 0;
  let widest = 1;

  for (const [name, type] of Object.entries(fields) as [Field, FieldType][]) {
    const width = typeof type === "number" ? 1 : WIDTHS[type];
    at[name] = roundUp(end, width);
    end = at[name] + (typeof type === "number" ? type : width);
    widest = Math.max(widest, width);
  }

  return { at, byteLength: roundUp(end, widest) };
}

/** Reads an unsigned 64-bit field as a number; inexact beyond 2^53. */
export function readU64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

/** Reads a signed 64-bit field as a number; inexact beyond 2^53. */
export function readI64(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

/** Stores a safe integer in a 64-bit field. */
export function writeI64(view: DataView, offset: number, value: number): void {
  view.setInt32(offset + 4, Math.floor(value / 2 ** 32), true);
  view.setUint32(offset, value >>> 0, true);
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
