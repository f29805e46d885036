/**
 * RocketMQ's id of a message.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../harness/support/random.ts";
import { formatHostAddress, messageId } from "../../../storage/layout/mod.ts";
import { hostOf } from "./samples.ts";

const PORT = "00002A9F";

for (
  const [host, position, expected] of [
    ["127.0.0.1:10911", 0, `7F000001${PORT}0000000000000000`],
    ["192.168.0.255:65535", 2 ** 53 - 1, "C0A800FF0000FFFF001FFFFFFFFFFFFF"],
    ["0.0.0.0:-1", 2 ** 32, "00000000FFFFFFFF0000000100000000"],
    ["[::1]:10911", 1, `${"0".repeat(31)}1${PORT}0000000000000001`],
    ["[::]:10911", 0, `${"0".repeat(32)}${PORT}0000000000000000`],
    ["[1::]:10911", 0, `0001${"0".repeat(28)}${PORT}0000000000000000`],
    ["[2001:db8::ff00:42:8329]:1", 10, "20010DB8000000000000FF000042832900000001000000000000000A"],
    ["[1:2:3:4:5:6:7:8]:0", 0, "00010002000300040005000600070008000000000000000000000000"],
  ] as const
) {
  test(`messageId() of ${host} at ${position} is RocketMQ's`, () => {
    assert.equal(messageId(host, position), expected);
  });
}

test("messageId() has the bytes of the host as they are in a record", () => {
  const random = seededRandom(1);
  for (let round = 0; round < 500; round++) {
    const address = [...random.bytes(random.pick([4, 16]))];
    // The shortest form leaves out zeros.
    for (let at = random.next(4); at < random.next(address.length + 1); at++) address[at] = 0;
    const bytes = hostOf(address, random.next(2 ** 32) | 0);
    const position = random.next(2 ** 53 - 1);
    const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const expected = `${digits}${position.toString(16).padStart(16, "0")}`.toUpperCase();
    const host = formatHostAddress(bytes, 0, bytes.length);
    assert.equal(messageId(host, position), expected, host);
  }
});
