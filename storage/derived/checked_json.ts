/**
 * Small text files of ours with a checksum: `streambed-<name> 1 <CRC-32 of the second line, 8 hexadecimal digits>`, then a line
 * with one JSON object.
 *
 * @module
 */
import { crc32 } from "node:zlib";

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
  return new TextEncoder().encode(`streambed-${name} 1 ${checksum(body)}\n${body}\n`);
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
  if (first !== `streambed-${name} 1 ${checksum(body)}`) return undefined;
  const value = parsed(body);
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : undefined;
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
