/**
 * Bytes as hexadecimal text, for ids.
 *
 * @module
 */
import { assert } from "../assert.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Formats bytes as lower-case hex digits. */
export function formatHex(bytes: Uint8Array, at: number, byteLength: number): string {
  const digits = (byte: number) => byte.toString(16).padStart(2, "0");
  return Array.from(bytes.subarray(at, at + byteLength), digits).join("");
}

/** Parses hex digits of either case, which must make `byteLength` bytes. */
export function parseHex(text: string, byteLength: number): Uint8Array<ArrayBuffer> {
  assert(
    text.length === 2 * byteLength && /^[0-9a-fA-F]*$/.test(text),
    "Hex has two digits a byte",
  );
  const byteAt = (_: unknown, index: number) => parseInt(text.slice(2 * index, 2 * index + 2), 16);
  return Uint8Array.from({ length: byteLength }, byteAt);
}

/** Formats the 16 bytes at `at` as a UUID in lower case. */
export function formatUuid(bytes: Uint8Array, at: number): string {
  const digits = formatHex(bytes, at, 16);
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts.slice(1).map((end, index) => digits.slice(cuts[index], end)).join("-");
}

/** Parses a UUID into 16 bytes. */
export function parseUuid(text: string): Uint8Array<ArrayBuffer> {
  assert(UUID.test(text), "A UUID has 32 hex digits in five groups");
  return parseHex(text.replaceAll("-", ""), 16);
}
