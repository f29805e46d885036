/**
 * Small text files of ours with a checksum: `streambed-<name> <version> <CRC-32 of the second line,
 * 8 hexadecimal digits>`, then a line with one JSON object.
 *
 * @module
 */
import { crc32 } from "node:zlib";

const VERSION = 1;
const FIRST_LINE = /^streambed-[a-z]+ ([0-9]{1,9}) ([0-9a-f]{8})$/;

/**
 * Encodes an object.
 *
 * @param name What the file is.
 * @param value The object.
 * @returns The file's bytes.
 */
export function encodeCheckedJson(
  name: string,
  value: Readonly<Record<string, unknown>>,
): Uint8Array {
  const body = JSON.stringify(value);
  return new TextEncoder().encode(`streambed-${name} ${VERSION} ${checksum(body)}\n${body}\n`);
}

/**
 * Decodes an object.
 *
 * @param name What the file should be.
 * @param bytes The file's bytes, any.
 * @returns The object, or `undefined` if the file is not whole.
 */
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

/** The format version of a file that is whole, where it is not that of this release. */
export function otherVersion(bytes: Uint8Array): number | undefined {
  const [first, body = ""] = new TextDecoder().decode(bytes).split("\n");
  const [, version, crc] = FIRST_LINE.exec(first) ?? [];
  return crc !== checksum(body) || Number(version) === VERSION ? undefined : Number(version);
}

/** Why a file means nothing to this release, in words that follow its name. */
export function whyUnread(bytes: Uint8Array): string {
  const version = otherVersion(bytes);
  return version === undefined
    ? "is damaged"
    : `is of format version ${version}, and this release reads version ${VERSION}`;
}

/**
 * Converts all items of a list.
 *
 * @typeParam T What an item becomes.
 * @param value The list, or anything.
 * @param convert Gives what an item means, or `undefined` if it means nothing.
 * @returns The items; `undefined` if one means nothing, or it is no list.
 */
export function listOf<T>(
  value: unknown,
  convert: (item: unknown) => T | undefined,
): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items: T[] = [];
  for (const item of value) {
    const converted = convert(item);
    if (converted === undefined) return undefined;
    items.push(converted);
  }
  return items;
}

/**
 * Tells whether a value is a position, an offset or a count.
 *
 * @param value The value.
 * @returns Whether it is a safe integer from 0.
 */
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
