/**
 * Host addresses in records: 4 or 16 address bytes, then the port as an i32.
 *
 * The table is the IPv4 form; the IPv6 form has 16 address bytes. Which one a record has is told by
 * its sysFlag alone.
 *
 * | offset | bytes | type   | field   | meaning                          |
 * | -----: | ----: | ------ | ------- | -------------------------------- |
 * |      0 |     4 | bytes4 | address | IPv4 address in network order    |
 * |      4 |     4 | i32    | port    | 0 to 65535                       |
 *
 * Reproduces `MessageExt.socketAddress2ByteBuffer()` of RocketMQ 5.x.
 *
 * @module
 */
import { viewOf } from "./byte_slab.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { HOST_V4_BYTE_LENGTH, HOST_V6_BYTE_LENGTH } from "./message_record.ts";

/** The layout of an IPv4 host. */
export const HOST_V4: Layout<"address" | "port"> = defineLayout({ address: "bytes4", port: "i32" });

const PORT_MAX = 65_535;
const GROUP_COUNT = 8;
const PORT_BYTE_LENGTH = 4;

function parseV4(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  if (!parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.map(Number);
}

/** The groups on one side of `::`; a dotted IPv4 tail counts as two. */
function parseGroups(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const tail = mayEndInV4 ? parseV4(parts[parts.length - 1]) : undefined;
  if (tail !== undefined) parts.pop();
  if (!parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))) return undefined;
  const groups = parts.map((part) => parseInt(part, 16));
  if (tail !== undefined) groups.push(tail[0] * 256 + tail[1], tail[2] * 256 + tail[3]);
  return groups;
}

function parseV6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1], true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = GROUP_COUNT - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.flatMap((group) => [group >>> 8, group & 0xff]);
}

/**
 * Parses `1.2.3.4:10911` or `[::1]:0` into 8 or 20 bytes; `undefined` if `text` is not such a host.
 */
export function parseHostAddress(text: string): Uint8Array<ArrayBuffer> | undefined {
  const parts = /^(?:\[([^\]]*)\]|([0-9.]+)):(0|[1-9][0-9]{0,4})$/.exec(text);
  if (parts === null || Number(parts[3]) > PORT_MAX) return undefined;
  const address = parts[1] === undefined ? parseV4(parts[2]) : parseV6(parts[1]);
  if (address === undefined) return undefined;
  const bytes = new Uint8Array(address.length + PORT_BYTE_LENGTH);
  bytes.set(address);
  new DataView(bytes.buffer).setInt32(address.length, Number(parts[3]));
  return bytes;
}

/** Where the longest run of two or more zero groups is; the first of equals. */
function longestZeroRun(groups: readonly number[]): { from: number; to: number } {
  let best = { from: 0, to: 0 };
  for (let from = 0; from < groups.length; from++) {
    let to = from;
    while (to < groups.length && groups[to] === 0) to++;
    if (to - from > best.to - best.from) best = { from, to };
  }
  return best.to - best.from >= 2 ? best : { from: 0, to: 0 };
}

function formatV6(view: DataView, at: number): string {
  const groups = Array.from({ length: GROUP_COUNT }, (_, index) => view.getUint16(at + 2 * index));
  const run = longestZeroRun(groups);
  const text = (from: number, to: number) =>
    groups.slice(from, to).map((group) => group.toString(16)).join(":");
  if (run.to === run.from) return text(0, GROUP_COUNT);
  return `${text(0, run.from)}::${text(run.to, GROUP_COUNT)}`;
}

/**
 * Formats the 8 or 20 bytes of a host as `1.2.3.4:10911` or `[::1]:0`, IPv6 in its shortest form
 * (RFC 5952). The port is shown as stored, even if impossible.
 */
export function formatHostAddress(bytes: Uint8Array, at: number, byteLength: number): string {
  const view = viewOf(bytes);
  const portAt = at + byteLength - PORT_BYTE_LENGTH;
  const address = byteLength === HOST_V6_BYTE_LENGTH
    ? `[${formatV6(view, at)}]`
    : bytes.subarray(at, portAt).join(".");
  return `${address}:${view.getInt32(portAt)}`;
}

/** Whether a host from {@linkcode parseHostAddress} is IPv6. */
export function isV6Host(host: Uint8Array): boolean {
  return host.length !== HOST_V4_BYTE_LENGTH;
}
