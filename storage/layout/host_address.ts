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
import { HOST_V6_BYTE_LENGTH } from "./message_record.ts";

/** The layout of an IPv4 host. */
export const HOST_V4: Layout<"address" | "port"> = defineLayout({ address: "bytes4", port: "i32" });

/** The address in every record of ours: 127.0.0.1. */
export const OWN_ADDRESS = 0x7f000001;
/** The port of the store in every record of ours: RocketMQ's default. */
export const OWN_STORE_PORT = 10_911;
/** The store's host in every record of ours. */
export const OWN_STORE_HOST: string = `127.0.0.1:${OWN_STORE_PORT}`;
/**
 * The producer's host in every record of ours. A client has a port, so a producer's record never
 * names it.
 */
export const OWN_BORN_HOST = "127.0.0.1:0";

const GROUP_COUNT = 8;
const PORT_BYTE_LENGTH = 4;

/** A URL writes an address in its shortest form, in brackets. */
function formatV6(view: DataView, at: number): string {
  const groups = Array.from(
    { length: GROUP_COUNT },
    (_, index) => view.getUint16(at + 2 * index).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]`).hostname;
}

/**
 * Formats the 8 or 20 bytes of a host as `1.2.3.4:10911` or `[::1]:0`, IPv6 in its shortest form
 * (RFC 5952). The port is shown as stored, even if impossible.
 */
export function formatHostAddress(bytes: Uint8Array, at: number, byteLength: number): string {
  const view = viewOf(bytes);
  const portAt = at + byteLength - PORT_BYTE_LENGTH;
  const address = byteLength === HOST_V6_BYTE_LENGTH
    ? formatV6(view, at)
    : bytes.subarray(at, portAt).join(".");
  return `${address}:${view.getInt32(portAt)}`;
}
