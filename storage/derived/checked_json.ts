/**
 * Small text files with a checksum: `streambed-<name> <version> <CRC-32 of the second line, 8
 * hexadecimal digits>`, then a line with one JSON object.
 *
 * @module
 */
import { crc32 } from "node:zlib";

const VERSION = 1;
const FIRST_LINE = /^streambed-[a-z]+ ([0-9]{1,9}) ([0-9a-f]{8})$/;

/** Encodes an object as the bytes of a file. */
export function encodeCheckedJson(
  name: string,
  value: Readonly<Record<string, unknown>>,
): Uint8Array {
  const body = JSON.stringify(value);
  return new TextEncoder().encode(`streambed-${name} ${VERSION} ${checksum(body)}\n${body}\n`);
}

/** Decodes the bytes of a file; gives `undefined` if the file is not whole or has another name. */
export function decodeCheckedJson(
  name: string,
  bytes: Uint8Array,
): Record<string, unknown> | undefined {
  const [first, body, ...rest] = new TextDecoder().decode(bytes).split("\n");
  if (rest.length !== 1 || rest[0] !== "") return undefined;
  if (first !== `streambed-${name} ${VERSION} ${checksum(body)}`) return undefined;
  const value = parsed(body);
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : undefined;
}

/** Gives the format version of a whole file if this release does not read it. */
export function otherVersion(bytes: Uint8Array): number | undefined {
  const [first, body = ""] = new TextDecoder().decode(bytes).split("\n");
  const [, version, crc] = FIRST_LINE.exec(first) ?? [];
  return crc !== checksum(body) || Number(version) === VERSION ? undefined : Number(version);
}

/** Tells why this release cannot use a file, in words that follow its name. */
export function whyUnread(bytes: Uint8Array): string {
  const version = otherVersion(bytes);
  return version === undefined
    ? "is damaged"
    : `is of format version ${version}, and this release reads version ${VERSION}`;
}

/** Converts all items of a list; gives `undefined` if it is not a list or one item is not valid. */
export function listOf<T>(
  value: unknown,
  convert: (item: unknown) => T | undefined,
): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.map((item) => convert(item));
  return items.every((item) => item !== undefined) ? items : undefined;
}

/** Tells whether a value can be a position, an offset or a count. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}
