/**
 * RocketMQ's id of a message: the host that stored it and its position, in hexadecimal digits.
 *
 * | bytes   | meaning                            |
 * | ------- | ---------------------------------- |
 * | 4 or 16 | address, IPv4 or IPv6              |
 * | 4       | port, i32                          |
 * | 8       | position in the log, i64           |
 *
 * Reproduces `MessageDecoder.createMessageId()` of RocketMQ 5.x.
 *
 * @module
 */
const HOST = /^(.+):(-?[0-9]+)$/;
const GROUP_COUNT = 8;

/** The id of a message that a host, `address:port` or `[address]:port`, stored at a position. */
export function messageId(storeHost: string, position: number): string {
  const [, address = "", port = "0"] = HOST.exec(storeHost) ?? [];
  const portDigits = (Number(port) >>> 0).toString(16).padStart(8, "0");
  return `${addressDigits(address)}${portDigits}${position.toString(16).padStart(16, "0")}`
    .toUpperCase();
}

/** The position in an id; `undefined` for a text that is none. */
export function positionOfId(id: string): number | undefined {
  const digits = /^(?:[0-9a-f]{16}|[0-9a-f]{40})([0-9a-f]{16})$/i.exec(id)?.[1];
  const position = digits === undefined ? NaN : parseInt(digits, 16);
  return Number.isSafeInteger(position) ? position : undefined;
}

function addressDigits(address: string): string {
  if (!address.startsWith("[")) {
    return address.split(".").map((part) => Number(part).toString(16).padStart(2, "0")).join("");
  }
  // The longest run of zeros may be left out.
  const [head = "", tail] = address.slice(1, -1).split("::");
  const [before, after] = [head, tail ?? ""].map((part) => part === "" ? [] : part.split(":"));
  const zeros = new Array(GROUP_COUNT - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].map((group) => group.padStart(4, "0")).join("");
}
